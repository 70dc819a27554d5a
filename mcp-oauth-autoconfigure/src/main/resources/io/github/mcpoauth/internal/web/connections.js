"use strict";

// Keeps the page up to date. Everything works without it.
(() => {
	const SOON = 2000;
	const LATER = 10000;
	// A page that is not looked at must not keep a session alive
	const ATTENTION = 10 * 60 * 1000;
	const ATTEMPTS = 3;

	const servers = document.getElementById("servers");
	const news = document.getElementById("news");
	const stale = document.getElementById("stale");
	const outcome = document.getElementById("outcome");
	let attended = Date.now();
	let failures = 0;
	let timer = 0;

	// The code in the fragment of the address, which browsers send to no server
	const enter = document.getElementById("enter");
	if (enter !== null) {
		const code = decodeURIComponent(location.hash.slice(1));
		history.replaceState(null, "", location.pathname);
		if (code !== "" && document.querySelector(".wrong") === null) {
			enter.elements.access_code.value = code;
			enter.requestSubmit();
		}
		return;
	}

	// Times in the zone of the browser, with the zone
	function localize(root) {
		for (const time of root.querySelectorAll("time")) {
			const instant = new Date(time.dateTime);
			const today = Math.abs(instant - Date.now()) < 20 * 3600 * 1000;
			time.title = instant.toString();
			time.textContent = instant.toLocaleString(document.documentElement.lang,
				today ? { hour: "numeric", minute: "2-digit", timeZoneName: "short" }
					: { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" });
		}
	}

	function isBusy(card) {
		const open = card.querySelector(".actions details[open]");
		return card.querySelector("[aria-disabled]") !== null || (open !== null && open.contains(document.activeElement));
	}

	function replace(card, fresh) {
		const focused = card.contains(document.activeElement) ? document.activeElement : null;
		card.replaceWith(fresh);
		localize(fresh);
		if (focused !== null) {
			const same = focused.id ? document.getElementById(focused.id) : null;
			const target = same || fresh.querySelector(".button");
			if (target !== null) {
				target.focus();
			}
		}
	}

	function update(html) {
		const page = new DOMParser().parseFromString(html, "text/html");
		const fresh = [...page.querySelectorAll(".server")];
		const current = [...servers.querySelectorAll(".server")];
		if (fresh.map((card) => card.id).join() !== current.map((card) => card.id).join()) {
			servers.replaceChildren(...page.body.childNodes);
			localize(servers);
			return;
		}
		fresh.forEach((card, index) => {
			const old = current[index];
			if (old.dataset.version === card.dataset.version) {
				return;
			}
			const changed = old.dataset.state !== card.dataset.state;
			if (changed || !isBusy(old)) {
				replace(old, card);
			}
			if (changed) {
				news.textContent = card.dataset.label;
			}
		});
	}

	async function refresh() {
		try {
			const answer = await fetch("connections/list", { redirect: "error", cache: "no-store" });
			if (!answer.ok) {
				throw new Error(answer.statusText);
			}
			update(await answer.text());
			failures = 0;
			stale.hidden = true;
		}
		catch {
			failures++;
			if (failures >= ATTEMPTS) {
				stale.hidden = false;
			}
		}
	}

	function schedule() {
		clearTimeout(timer);
		if (document.hidden || Date.now() - attended > ATTENTION) {
			return;
		}
		const waiting = document.querySelector("[data-state=waiting], [data-state=elsewhere]") !== null;
		timer = setTimeout(async () => {
			await refresh();
			schedule();
		}, (waiting ? SOON : LATER) * Math.min(2 ** failures, 8));
	}

	function attend() {
		const absent = Date.now() - attended > ATTENTION;
		attended = Date.now();
		if (absent) {
			refresh().then(schedule);
		}
	}

	document.documentElement.classList.add("live");
	localize(document);
	if (outcome !== null) {
		outcome.focus();
		history.replaceState(null, "", location.pathname);
	}
	document.addEventListener("submit", (event) => {
		const button = event.target.querySelector("button");
		if (button.getAttribute("aria-disabled") === "true") {
			event.preventDefault();
			return;
		}
		button.setAttribute("aria-disabled", "true");
	});
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden) {
			attended = Date.now();
			refresh().then(schedule);
		}
	});
	addEventListener("pageshow", (event) => {
		if (event.persisted) {
			location.reload();
		}
	});
	for (const type of ["pointerdown", "keydown", "focus"]) {
		addEventListener(type, attend);
	}
	schedule();
})();
