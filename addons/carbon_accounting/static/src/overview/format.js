import { formatFloat } from "@web/core/utils/numbers";

/**
 * Tonnes with as many decimals as say something.
 */
export function formatTonnes(value) {
    const size = Math.abs(value || 0);
    let decimals = 3;
    if (size >= 1000 || !size) {
        decimals = 0;
    } else if (size >= 10) {
        decimals = 1;
    } else if (size >= 0.1) {
        decimals = 2;
    }
    return formatFloat(value || 0, { digits: [16, decimals] });
}

export function formatShare(value) {
    const percent = 100 * (value || 0);
    return formatFloat(percent, { digits: [16, Math.abs(percent) < 10 && percent ? 1 : 0] }) + " %";
}

/** Four significant digits, for values per unit. */
export function formatSignificant(value) {
    if (!value) {
        return "0";
    }
    const decimals = Math.max(0, Math.min(8, 3 - Math.floor(Math.log10(Math.abs(value)))));
    return formatFloat(value, { digits: [16, decimals], trailingZeros: false });
}

/** Figures at the axis of a chart. */
export function formatAxis(value) {
    return Number.isInteger(value) ? formatFloat(value, { digits: [16, 0] }) : formatSignificant(value);
}
