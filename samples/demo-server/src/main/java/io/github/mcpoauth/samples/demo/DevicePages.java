// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/**
 * Where a person enters the code that another device shows (RFC 8628, section 3.3), and
 * ends up after the consent.
 */
@RestController
class DevicePages {

	/** Path of the page. */
	static final String PATH = "/activate";

	private static final String PAGE = """
			<!DOCTYPE html>
			<html lang="en">
			<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
			<title>Demo server</title>
			<style>body {font: 1.1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem}
			input, button {font: inherit; padding: .4rem .6rem}</style></head>
			<body><h1>Demo server</h1>%s</body></html>
			""";

	private static final String FORM = """
			<form action="/oauth2/device_verification">
			<p><label for="user_code">Enter the code that your device shows, or compare the two:</label></p>
			<p><input id="user_code" name="user_code" value="%s" required autofocus autocomplete="off">
			<button>Continue</button></p></form>""";

	/**
	 * The page.
	 * @param userCode the code, if the address brought it along
	 * @param outcome how the last attempt ended
	 * @return the page
	 */
	@GetMapping(path = PATH, produces = MediaType.TEXT_HTML_VALUE)
	String page(@RequestParam(name = "user_code", required = false) @Nullable String userCode,
			@RequestParam(required = false) @Nullable String outcome) {
		if ("done".equals(outcome)) {
			return PAGE.formatted("<p role=\"status\">Your device is logged in. You may close this page.</p>");
		}
		String form = FORM.formatted((userCode != null) ? HtmlUtils.htmlEscape(userCode) : "");
		return PAGE.formatted((outcome != null)
				? "<p role=\"alert\">The code is unknown or has expired, or you refused.</p>" + form : form);
	}

}
