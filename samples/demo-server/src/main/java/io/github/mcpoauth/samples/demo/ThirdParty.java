// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.springframework.core.env.Environment;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Another provider, which the tool {@code appointments} needs a login at. The server asks
 * the user to open its page, so that the client never sees what is entered there.
 */
@RestController
@RequestMapping(ThirdParty.PATH)
class ThirdParty {

	/** Path of its page. */
	static final String PATH = "/demo/calendar";

	/** Name of the tool. */
	static final String TOOL = "appointments";

	static final String DESCRIPTION = "Lists the appointments of the user, who has to log in to the calendar first";

	/** Why the user has to open the page. */
	static final String MESSAGE = "Log in to your calendar, so that this server can read it";

	static final String APPOINTMENTS = "10:00 standup, 14:00 review";

	static final String NOT_LOGGED_IN = "The user has not logged in to the calendar";

	static final String NO_ADDRESSES = "This tool needs a client that shows addresses to its user";

	/**
	 * How long a call waits for a user who has agreed to log in.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final String PAGE = """
			<!DOCTYPE html>
			<html lang="en">
			<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
			<title>Calendar</title></head>
			<body><h1>Calendar</h1>%s</body></html>
			""";

	private static final String FORM = """
			<form method="post">
			<p>May the demo server read your calendar?</p><button id="allow">Allow</button></form>""";

	private final Environment environment;

	private final String state = UUID.randomUUID().toString();

	private final CountDownLatch loggedIn = new CountDownLatch(1);

	ThirdParty(Environment environment) {
		this.environment = environment;
	}

	/**
	 * The address that the user has to open, the same one until the user has logged in.
	 */
	String url() {
		return "http://127.0.0.1:%s%s?state=%s".formatted(this.environment.getRequiredProperty("local.server.port"),
				PATH, this.state);
	}

	boolean isLoggedIn() {
		return this.loggedIn.getCount() == 0;
	}

	/**
	 * Wait for a user who has agreed to log in.
	 */
	boolean awaitLogin() {
		try {
			return this.loggedIn.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	@GetMapping(produces = MediaType.TEXT_HTML_VALUE)
	String page() {
		return PAGE.formatted(FORM);
	}

	@PostMapping(produces = MediaType.TEXT_HTML_VALUE)
	String allow(@RequestParam String state) {
		if (!this.state.equals(state)) {
			return PAGE.formatted("<p role=\"alert\">This link is not one of the demo server's.</p>");
		}
		this.loggedIn.countDown();
		return PAGE.formatted("<p role=\"status\">You are logged in. Go back to your agent.</p>");
	}

}
