// Renews the board in place every two seconds while somebody can see it.
(function () {
    "use strict";

    var EVERY_MS = 2000;
    var PATIENCE_MS = 10000;
    var board = document.getElementById("campaigns-board");
    var news = document.getElementById("campaigns-news");
    var dot = document.getElementById("campaigns-dot");
    var refreshed = document.getElementById("campaigns-refreshed");
    var timer = null;

    // What has not changed stays as it is: focus, selection and opened details survive.
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
        Array.from(here.attributes).forEach(function (each) {
            if (each.name !== "open" && !there.hasAttribute(each.name)) {
                here.removeAttribute(each.name);
            }
        });
        Array.from(there.attributes).forEach(function (each) {
            if (here.getAttribute(each.name) !== each.value) {
                here.setAttribute(each.name, each.value);
            }
        });
    }

    function patchChildren(here, there) {
        var ours = Array.from(here.childNodes), theirs = Array.from(there.childNodes);
        if (ours.length !== theirs.length) {
            here.replaceChildren.apply(here, theirs);
            return;
        }
        ours.forEach(function (each, index) { patch(each, theirs[index]); });
    }

    function states() {
        var found = {};
        board.querySelectorAll("[data-state]").forEach(function (each) {
            found[each.dataset.scope] = each.dataset.state;
        });
        return found;
    }

    // A reader is told when a state has changed, and not of every figure that moves.
    function tell(before, after) {
        var changed = Object.keys(after).filter(function (scope) {
            return after[scope] !== before[scope];
        });
        if (changed.length) {
            news.textContent = changed.map(function (scope) {
                return scope + ": " + after[scope];
            }).join(". ");
        }
    }

    function show(succeeded, words) {
        dot.classList.toggle("status-dot-live", succeeded);
        dot.classList.toggle("status-dot-error", !succeeded);
        refreshed.textContent = words;
    }

    async function renew() {
        timer = null;
        try {
            // The origin alone: an address with a login in it can't be fetched from.
            var answer = await fetch(window.location.origin + board.dataset.part, {
                credentials: "same-origin",
                signal: AbortSignal.timeout(PATIENCE_MS)
            });
            if (!answer.ok) {
                throw new Error("Flower answers " + answer.status);
            }
            var before = states();
            var fresh = document.createElement("div");
            fresh.innerHTML = await answer.text();
            patchChildren(board, fresh);
            tell(before, states());
            show(true, "Updated " + new Date().toLocaleTimeString());
        } catch (error) {
            show(false, "Update failed: " + error.message);
        }
        plan();
    }

    function plan() {
        if (timer === null && !document.hidden) {
            timer = window.setTimeout(renew, EVERY_MS);
        }
    }

    document.addEventListener("visibilitychange", function () {
        window.clearTimeout(timer);
        timer = null;
        if (document.hidden) {
            show(true, "Waits until it is seen");
        } else {
            renew();
        }
    });
    plan();
}());
