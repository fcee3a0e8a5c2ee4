import { _t } from "@web/core/l10n/translation";
import { formatAxis, formatTonnes } from "./format";

/**
 * Colours that keep their contrast on bright and dark ground, also for colour-blind readers.
 */
export function palette(dark) {
    return {
        scopes: dark ? ["#E39A5F", "#E3C567", "#6FB7C9"] : ["#C8643C", "#E0AE3C", "#2F7F95"],
        quality: dark ? ["#4FB58B", "#8FD0B4", "#E3C567", "#D98080"] : ["#2E8B6A", "#8CC7AE", "#E0AE3C", "#C85C5C"],
        partner: dark ? "#A99BC9" : "#7C6BA8",
        product: dark ? "#7FB6D9" : "#4C89B5",
        source: dark ? "#7FBFA0" : "#3E8E6B",
        previous: dark ? "#A0A5AD" : "#7D838C",
        text: dark ? "#C9CDD3" : "#5F656D",
        grid: dark ? "rgba(255, 255, 255, .12)" : "rgba(0, 0, 0, .08)",
    };
}

const shorten = (text, length = 22) => (text.length > length ? text.slice(0, length - 1) + "…" : text);

function tooltip() {
    return {
        callbacks: {
            label: (item) => ` ${item.dataset.label ? item.dataset.label + ": " : ""}${formatTonnes(item.raw)} t`,
        },
    };
}

/** Months stacked by scope, with the year before as a line. */
export function trendConfig(data, colors, labels, scopeLabels) {
    const scopes = scopeLabels.map((label, index) => ({
        label,
        data: data.months.map((month) => month.scopes[index]),
        backgroundColor: colors.scopes[index],
        stack: "year",
        maxBarThickness: 36,
        borderRadius: 2,
        order: 1,
    }));
    const hasPrevious = data.months.some((month) => month.previous);
    const previous = {
        type: "line",
        label: String(data.year - 1),
        data: data.months.map((month) => month.previous || null),
        borderColor: colors.previous,
        backgroundColor: colors.previous,
        borderDash: [5, 4],
        borderWidth: 1.5,
        pointRadius: 2,
        pointHitRadius: 8,
        tension: 0.25,
        order: 0,
    };
    return {
        type: "bar",
        data: { labels, datasets: hasPrevious ? [...scopes, previous] : scopes },
        options: {
            maintainAspectRatio: false,
            animation: false,
            interaction: { mode: "nearest", intersect: true },
            plugins: {
                legend: {
                    position: "bottom",
                    labels: {
                        color: colors.text,
                        usePointStyle: true,
                        boxHeight: 7,
                        padding: 16,
                        sort: (a, b) => a.datasetIndex - b.datasetIndex,
                    },
                },
                tooltip: tooltip(),
            },
            scales: {
                x: { stacked: true, grid: { display: false }, border: { display: false }, ticks: { color: colors.text } },
                y: {
                    stacked: true,
                    beginAtZero: true,
                    border: { display: false },
                    grid: { color: colors.grid },
                    ticks: { color: colors.text, maxTicksLimit: 6, callback: (value) => formatAxis(value) },
                    title: { display: true, text: _t("t CO₂e"), color: colors.text },
                },
            },
        },
    };
}

/** Horizontal bars, one for each row. */
export function barConfig(rows, colors) {
    return {
        type: "bar",
        data: {
            labels: rows.map((row) => shorten(row.name)),
            datasets: [
                {
                    data: rows.map((row) => row.t),
                    backgroundColor: rows.map((row) => (row.id ? colors.source : colors.previous)),
                    maxBarThickness: 22,
                    borderRadius: 2,
                },
            ],
        },
        options: {
            indexAxis: "y",
            maintainAspectRatio: false,
            animation: false,
            plugins: { legend: { display: false }, tooltip: tooltip() },
            scales: {
                x: {
                    beginAtZero: true,
                    border: { display: false },
                    grid: { color: colors.grid },
                    ticks: { color: colors.text, maxTicksLimit: 5, callback: (value) => formatAxis(value) },
                },
                y: { grid: { display: false }, border: { display: false }, ticks: { color: colors.text } },
            },
        },
    };
}

/** Horizontal bars in percent; what is above 100 % stands out. */
export function percentConfig(rows, colors) {
    const config = barConfig(rows, colors);
    const [dataset] = config.data.datasets;
    dataset.backgroundColor = rows.map((row) => (row.t > 100 ? colors.scopes[0] : colors.source));
    config.options.plugins.tooltip = { callbacks: { label: (item) => ` ${item.raw.toFixed(1)} %` } };
    config.options.scales.x.ticks.callback = (value) => `${value} %`;
    config.options.scales.x.suggestedMax = 120;
    return config;
}
