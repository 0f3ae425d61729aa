// Brings what is shown to what was sent; what has not changed stays as it is, so that focus,
// selection and opened details survive.

function patch(here, there) {
    if (here.nodeType !== there.nodeType || here.nodeName !== there.nodeName) {
        here.replaceWith(there);
    } else if (here.nodeType === Node.ELEMENT_NODE) {
        patchAttributes(here, there);
        patchChildren(here, there);
    } else if (here.data !== there.data) {
        here.data = there.data;
    }
}

function patchAttributes(here, there) {
    for (const each of Array.from(here.attributes)) {
        if (each.name !== "open" && !there.hasAttribute(each.name)) {
            here.removeAttribute(each.name);
        }
    }
    for (const each of there.attributes) {
        if (here.getAttribute(each.name) !== each.value) {
            here.setAttribute(each.name, each.value);
        }
    }
}

export function patchChildren(here, there) {
    const ours = Array.from(here.childNodes);
    const theirs = Array.from(there.childNodes);
    if (ours.length !== theirs.length) {
        here.replaceChildren(...theirs);
        return;
    }
    ours.forEach((each, index) => patch(each, theirs[index]));
}

export function patchWith(here, markup) {
    const fresh = document.createElement("div");
    fresh.innerHTML = markup;
    patchChildren(here, fresh);
}

// By scope, the state that a part of the page shows.
export function states(part) {
    const found = {};
    for (const each of part.querySelectorAll("[data-state]")) {
        found[each.dataset.scope] = each.dataset.state;
    }
    return found;
}

// A reader is told when a state has changed, and not of every figure that moves.
export function changes(before, after) {
    return Object.keys(after)
        .filter((scope) => after[scope] !== before[scope])
        .map((scope) => `${scope}: ${after[scope]}`)
        .join(". ");
}
