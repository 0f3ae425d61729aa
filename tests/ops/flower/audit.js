// What tests ask a page about that axe-core does not judge (WCAG 2.2, AA).
"use strict";

const CONTRAST_MIN = 4.5;
const LARGE_MIN = 3;
const CLEAR = [0, 0, 0, 0];

window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});

window.audit = {
    // Texts of pictures that are too faint, with their contrast: axe knows the colors of HTML alone.
    faint: () => {
        const parsed = (text) => {
            const found = text.startsWith("rgb") ? text.match(/[\d.]+/g).map(Number) : CLEAR;
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
        const painted = (node) => {
            const style = getComputedStyle(node);
            if (!(node instanceof SVGGeometryElement)) {
                return parsed(style.backgroundColor);
            }
            const [r, g, b, alpha] = parsed(style.fill);
            return [r, g, b, alpha * Number(style.fillOpacity)];
        };
        const ground = (text) => {
            text.scrollIntoView({ block: "center", inline: "center" });
            const box = text.getBoundingClientRect();
            const pile = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            const below = pile.filter((each) => !each.closest("text"));
            return below.reverse().reduce((under, each) => over(painted(each), under), [255, 255, 255]);
        };
        return [...document.querySelectorAll("svg text")]
            .filter((text) => text.getClientRects().length && text.textContent.trim())
            .map((text) => {
                const style = getComputedStyle(text);
                const under = ground(text);
                const inks = [light(over(parsed(style.fill), under)), light(under)];
                const [one, two] = inks.sort((a, b) => b - a);
                const size = parseFloat(style.fontSize);
                const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
                const ratio = (one + 0.05) / (two + 0.05);
                return [text, ratio, isLarge ? LARGE_MIN : CONTRAST_MIN];
            })
            .filter(([, ratio, least]) => ratio < least)
            .map(([text, ratio]) => `faint, ${ratio.toFixed(2)}: ${text.textContent.trim()}`);
    },
    // Parts that are announced or reached by keyboard and have no name.
    unnamed: () => [...document.querySelectorAll("main section, main [tabindex='0'], main figure svg")]
        .filter((each) => each.checkVisibility())
        .filter((each) => {
            const label = each.getAttribute("aria-labelledby");
            const named = label && label.split(" ").every((id) => document.getElementById(id));
            return label ? !named : !(each.ariaLabel || each.textContent.trim());
        })
        .map((each) => `without a name: ${each.outerHTML.slice(0, 120)}`),
    // Headings that skip a level.
    skipped: () => {
        const levels = [...document.querySelectorAll("main :is(h1, h2, h3, h4)")]
            .filter((each) => each.checkVisibility())
            .map((each) => Number(each.nodeName[1]));
        return levels
            .filter((level, index) => level - (levels[index - 1] ?? 0) > 1)
            .map((level) => `h${level} without what it is below of`);
    },
    // Ids that are there twice.
    twins: () => {
        const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
        return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`);
    },
    // Pages that scroll sideways, and what sticks out.
    wide: () => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) {
            return [];
        }
        return [...document.querySelectorAll("main *")]
            .filter((each) => each.getBoundingClientRect().right > width + 1)
            .map((each) => `wider than the page: ${each.outerHTML.slice(0, 80)}`);
    },
    flaws: () => ["faint", "unnamed", "skipped", "twins", "wide"].flatMap((each) => window.audit[each]())
};
