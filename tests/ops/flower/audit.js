// What tests ask a page about: whether everybody can read and use it (WCAG 2.2, AA).
"use strict";

const CONTRAST_MIN = 4.5;
const LARGE_MIN = 3;

window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});

window.audit = {
    // Texts that are too faint, with their contrast.
    contrasts: () => {
        const parsed = (text) => {
            const found = text.match(/[\d.]+/g).map(Number);
            return found.length === 3 ? [...found, 1] : found;
        };
        const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
        const light = (color) => {
            const [r, g, b] = color.slice(0, 3).map((each) => {
                const part = each / 255;
                return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (node) => {
            const layers = [];
            for (let each = node; each; each = each.parentElement) {
                layers.push(parsed(getComputedStyle(each).backgroundColor));
            }
            return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
        };
        const faint = [];
        const walker = document.createTreeWalker(document.getElementById("campaign"), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !node.getClientRects().length
                || node.closest(".visually-hidden, title")) {
                continue;
            }
            const style = getComputedStyle(node);
            const under = ground(node);
            const ink = node.ownerSVGElement ? style.fill : style.color;
            const [one, two] = [light(over(parsed(ink), under)), light(under)].sort((a, b) => b - a);
            const ratio = (one + 0.05) / (two + 0.05);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (isLarge ? LARGE_MIN : CONTRAST_MIN)) {
                faint.push(walker.currentNode.data.trim() + " " + ratio.toFixed(2));
            }
        }
        return faint;
    },
    // What can be reached or is announced and has no name.
    unnamed: () => [...document.querySelectorAll("#campaign a, #campaign button, #campaign summary,"
        + " #campaign [tabindex], #campaign svg[role=img], #campaign section")]
        .filter((each) => each.checkVisibility())
        .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim())
            || (each.hasAttribute("aria-labelledby")
                && !document.getElementById(each.getAttribute("aria-labelledby"))))
        .map((each) => each.outerHTML.slice(0, 120)),
    // Levels of headings, in order.
    outline: () => [...document.querySelectorAll("main :is(h1, h2, h3, h4)")]
        .map((each) => Number(each.nodeName[1])),
    // Ids that are there twice.
    twins: () => {
        const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
        return ids.filter((id, index) => ids.indexOf(id) !== index);
    }
};
