// Renews the board in place every second while somebody can see it.
import { changes, patchWith, states } from "./patch.js";

const EVERY_MS = 1000;
const PATIENCE_MS = 10000;
const board = document.getElementById("campaigns-board");
const news = document.getElementById("campaigns-news");
const dot = document.getElementById("campaigns-dot");
const refreshed = document.getElementById("campaigns-refreshed");
let timer = null;

function show(succeeded, words) {
    dot.classList.toggle("status-dot-live", succeeded);
    dot.classList.toggle("status-dot-error", !succeeded);
    refreshed.textContent = words;
}

async function renew() {
    timer = null;
    try {
        // The origin alone: an address with a login in it can't be fetched from.
        const answer = await fetch(window.location.origin + board.dataset.part, {
            credentials: "same-origin",
            signal: AbortSignal.timeout(PATIENCE_MS)
        });
        if (!answer.ok) {
            throw new Error("Flower answers " + answer.status);
        }
        const before = states(board);
        patchWith(board, await answer.text());
        const changed = changes(before, states(board));
        if (changed) {
            news.textContent = changed;
        }
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

document.addEventListener("visibilitychange", () => {
    window.clearTimeout(timer);
    timer = null;
    if (document.hidden) {
        show(true, "Waits until it is seen");
    } else {
        renew();
    }
});
plan();
