// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.springframework.web.util.HtmlUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A browser without a script: keeps cookies, sends forms and, when told to, follows
 * redirects.
 */
final class TestBrowser {

	private static final Pattern FORM = Pattern
		.compile("(?s)<form (?:id=\"[^\"]*\" )?method=\"post\" action=\"([^\"]*)\">(.*?)</form>");

	private static final Pattern INPUT = Pattern
		.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">");

	private static final Pattern CONTINUE = Pattern.compile("http-equiv=\"refresh\" content=\"0; url=([^\"]*)\"");

	private final HttpClient client = HttpClient.newHttpClient();

	private final Map<String, String> cookies = new LinkedHashMap<>();

	private final Map<String, String> headers = new LinkedHashMap<>();

	/**
	 * Send a header with everything from now on.
	 */
	TestBrowser header(String name, String value) {
		this.headers.put(name, value);
		return this;
	}

	Map<String, String> cookies() {
		return this.cookies;
	}

	/**
	 * Ask to connect a server, and find out where the browser is sent.
	 */
	URI connect(Page page, String server) throws Exception {
		Page started = submit(page, "connect", server);
		assertThat(started.status()).isEqualTo(303);
		Matcher matcher = CONTINUE.matcher(follow(started).body());
		assertThat(matcher.find()).isTrue();
		return URI.create(HtmlUtils.htmlUnescape(matcher.group(1)));
	}

	/**
	 * Consent at the authorization server, and find out where the browser is sent.
	 */
	static URI consent(URI authorizationUrl) throws Exception {
		return URI.create(HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(authorizationUrl).build(), BodyHandlers.discarding())
			.headers()
			.firstValue("Location")
			.orElseThrow());
	}

	Page get(URI uri) throws Exception {
		return send(uri, HttpRequest.newBuilder(uri));
	}

	Page post(URI uri, Map<String, String> form) throws Exception {
		String body = form.entrySet()
			.stream()
			.map((field) -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
			.collect(Collectors.joining("&"));
		return send(uri,
				HttpRequest.newBuilder(uri)
					.header("Content-Type", "application/x-www-form-urlencoded")
					.POST(BodyPublishers.ofString(body)));
	}

	/**
	 * Send the form for a server.
	 */
	Page submit(Page page, String action, String server) throws Exception {
		Map<String, String> form = page.form(action, server);
		return post(page.uri().resolve(form.remove("action")), form);
	}

	/**
	 * Go where an answer sends a browser.
	 */
	Page follow(Page page) throws Exception {
		return get(page.location());
	}

	private Page send(URI uri, HttpRequest.Builder request) throws Exception {
		if (!this.cookies.isEmpty()) {
			request.header("Cookie",
					this.cookies.entrySet()
						.stream()
						.map((cookie) -> cookie.getKey() + "=" + cookie.getValue())
						.collect(Collectors.joining("; ")));
		}
		this.headers.forEach(request::header);
		HttpResponse<String> response = this.client.send(request.timeout(Duration.ofSeconds(30)).build(),
				BodyHandlers.ofString());
		response.headers().allValues("Set-Cookie").forEach((cookie) -> {
			String pair = cookie.substring(0, (cookie.indexOf(';') < 0) ? cookie.length() : cookie.indexOf(';'));
			this.cookies.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
		});
		return new Page(uri, response.statusCode(), response.headers(), response.body());
	}

	private static String encoded(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	/**
	 * What a browser shows.
	 */
	record Page(URI uri, int status, HttpHeaders headers, String body) {

		URI location() {
			return this.uri.resolve(header("Location"));
		}

		String header(String name) {
			return this.headers.firstValue(name).orElse("");
		}

		/**
		 * The fields of a form, and its action.
		 */
		Map<String, String> form(String action, String server) {
			return form(action, (fields) -> server.equals(fields.get("server")));
		}

		/**
		 * The fields of a form that is about no server, and its action.
		 */
		Map<String, String> form(String action) {
			return form(action, (fields) -> true);
		}

		private Map<String, String> form(String action, Predicate<Map<String, String>> filter) {
			Matcher forms = FORM.matcher(this.body);
			while (forms.find()) {
				Map<String, String> fields = new LinkedHashMap<>();
				fields.put("action", HtmlUtils.htmlUnescape(forms.group(1)));
				Matcher inputs = INPUT.matcher(forms.group(2));
				while (inputs.find()) {
					fields.put(HtmlUtils.htmlUnescape(inputs.group(1)), HtmlUtils.htmlUnescape(inputs.group(2)));
				}
				if (forms.group(1).endsWith(action) && filter.test(fields)) {
					return fields;
				}
			}
			throw new AssertionError("There is no such form to " + action + " in " + this.body);
		}

		boolean hasForm(String action, String server) {
			try {
				form(action, server);
				return true;
			}
			catch (AssertionError ex) {
				return false;
			}
		}

	}

}
