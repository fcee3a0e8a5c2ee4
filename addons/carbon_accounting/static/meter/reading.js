/* The page of a meter: no framework, so that it opens at once. What cannot be sent waits in localStorage and is sent later; each reading
   has a key made here, so that sending it twice saves it once. */
(function () {
    "use strict";
    const $ = (id) => document.getElementById(id);
    const config = JSON.parse($("page").dataset.config);
    const words = config.words;
    const STORE = `carbon-meter-readings-${config.user}`; // a phone may have several users: each sends their own
    const form = $("form");
    let current = null; // the reading on the screen: its key stays until it is saved, however often it is sent
    let rollover = false;
    let late = false;
    let photo = null;
    let busy = false;

    function newKey() {
        if (window.crypto && crypto.randomUUID) {
            return crypto.randomUUID();
        }
        const parts = new Uint32Array(4);
        crypto.getRandomValues(parts);
        return Array.from(parts, (part) => part.toString(16).padStart(8, "0")).join("");
    }

    function say(text, kind) {
        $("message").textContent = text || "";
        $("message").className = kind || "";
    }

    // ------------------------------------------------------------------ queue
    function queued() {
        try {
            return JSON.parse(localStorage.getItem(STORE) || "[]");
        } catch {
            return [];
        }
    }

    function keep(list) {
        try {
            localStorage.setItem(STORE, JSON.stringify(list));
            return true;
        } catch {
            return false;
        }
    }

    function enqueue(reading) {
        const list = queued().filter((other) => other.params.key !== reading.params.key);
        if (keep([...list, reading])) {
            return true;
        }
        // the photo is too large for the phone's memory: the figure matters more
        return keep([...list, {...reading, params: {...reading.params, photo: null}}]);
    }

    function drop(key) {
        keep(queued().filter((reading) => reading.params.key !== key));
    }

    function showQueue() {
        const count = queued().length;
        $("queue").hidden = !count;
        $("queue").textContent = words.waiting.replace("%s", count);
    }

    // ------------------------------------------------------------------ sending
    async function send(reading) {
        const response = await fetch(reading.url, {
            method: "POST",
            credentials: "same-origin",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({jsonrpc: "2.0", method: "call", params: reading.params}),
        });
        const answer = await response.json();
        if (answer.error) {
            const error = new Error((answer.error.data && answer.error.data.message) || answer.error.message);
            error.expired = answer.error.code === 100;
            throw error;
        }
        return answer.result;
    }

    async function flush() {
        let sent = 0;
        for (const reading of queued()) {
            if (current && reading.params.key === current.params.key && busy) {
                continue;
            }
            try {
                const result = await send(reading);
                drop(reading.params.key);
                if (result.state === "saved" || result.state === "same") {
                    sent += 1;
                    if (reading.url === config.url && result.last) {
                        showLast(result.last);
                    }
                } else {
                    say(words.lost.replace("%s", `${reading.meter} ${reading.params.figure}`) + result.message, "wrong");
                }
            } catch (error) {
                if (error.expired) {
                    say(words.login, "wrong");
                }
                break;
            }
        }
        if (sent) {
            say(words.sent.replace("%s", sent), "good");
        }
        showQueue();
    }

    function showLast(last) {
        if (last && last.length && $("last")) {
            $("last").textContent = last[0].figure;
            $("last_at").textContent = last[0].moment;
        }
    }

    function moment() {
        const typed = $("time_box").hidden ? "" : $("time").value;
        return (typed ? new Date(typed) : new Date()).toISOString();
    }

    function reset() {
        current = null;
        rollover = late = false;
        photo = null;
        $("figure").value = $("comment").value = $("photo").value = "";
        $("ask").hidden = $("comment_box").hidden = $("time_box").hidden = true;
        document.querySelector(".photo").classList.remove("has");
    }

    function ask(result) {
        $("ask").hidden = false;
        $("ask_text").textContent = result.message;
        $("ask_rollover").hidden = result.ask !== "rollover";
        const words_needed = result.ask === "comment" || result.ask === "correction";
        late = late || result.ask === "correction";
        if (words_needed) {
            $("comment_box").hidden = false;
            $("comment").focus();
        }
        say("");
    }

    async function save() {
        const figure = $("figure").value.trim();
        if (!figure) {
            say(words.number, "wrong");
            $("figure").focus();
            return;
        }
        if (busy) {
            return;
        }
        busy = true;
        $("save").disabled = true;
        const key = current ? current.params.key : newKey();
        current = {
            url: config.url,
            meter: config.meter,
            params: {figure, key, rollover, late, photo, comment: $("comment").value.trim(), read_at: moment()},
        };
        say(words.saving);
        try {
            const result = await send(current);
            drop(key);
            if (result.state === "saved" || result.state === "same") {
                reset();
                say(result.message, "good");
                showLast(result.last);
            } else if (result.state === "asked") {
                ask(result);
            } else {
                $("ask").hidden = true;
                say(result.message, "wrong");
            }
        } catch (error) {
            // offline, expired or an answer that is none: the reading stays on the phone
            const kept = enqueue(current);
            const text = error.expired ? words.login : error instanceof TypeError ? words.queued : words.failed;
            say(text, error instanceof TypeError ? "" : "wrong");
            if (kept && error instanceof TypeError) {
                reset();
                say(words.queued);
            }
            if (error.expired) {
                window.location.href = config.login;
            }
        } finally {
            busy = false;
            $("save").disabled = false;
            showQueue();
        }
    }

    // ------------------------------------------------------------------ photo
    function shrink(file) {
        return new Promise((resolve) => {
            const image = new Image();
            image.onload = () => {
                const scale = Math.min(1, 1280 / Math.max(image.width, image.height));
                const canvas = document.createElement("canvas");
                canvas.width = Math.max(1, Math.round(image.width * scale));
                canvas.height = Math.max(1, Math.round(image.height * scale));
                canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
                URL.revokeObjectURL(image.src);
                resolve(canvas.toDataURL("image/jpeg", 0.7));
            };
            image.onerror = () => resolve(null);
            image.src = URL.createObjectURL(file);
        });
    }

    $("photo").addEventListener("change", async () => {
        const file = $("photo").files[0];
        photo = file ? await shrink(file) : null;
        document.querySelector(".photo").classList.toggle("has", Boolean(photo));
        if (photo) {
            $("photo_text").textContent = words.photo;
        }
    });
    $("restarted").addEventListener("click", () => {
        rollover = true;
        save();
    });
    $("mistake").addEventListener("click", () => {
        $("ask").hidden = true;
        current = null;
        $("figure").select();
        $("figure").focus();
    });
    $("figure").addEventListener("input", () => {
        // another figure is another reading
        rollover = false;
        current = null;
        $("ask").hidden = true;
        say("");
    });
    $("show_comment").addEventListener("click", () => {
        $("comment_box").hidden = false;
        $("comment").focus();
    });
    $("show_time").addEventListener("click", () => {
        $("time_box").hidden = false;
        const now = new Date();
        $("time").value = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    });
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        save();
    });
    window.addEventListener("online", flush);
    setInterval(() => queued().length && !busy && navigator.onLine && flush(), 30000);
    showQueue();
    flush();
})();
