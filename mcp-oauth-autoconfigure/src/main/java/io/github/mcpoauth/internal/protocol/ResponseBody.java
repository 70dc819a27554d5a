// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.mcpoauth.internal.text.ForeignJson;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response, read regardless of its content type.
 *
 * @param json the JSON value it is, or {@code null}
 * @param form the parameters of a form-encoded answer, or {@code null}
 * @param words the beginning of a text that is neither, for messages
 * @param isEmpty whether there is no text
 */
record ResponseBody(@Nullable Object json, @Nullable Map<String, Object> form, String words, boolean isEmpty) {

	private static final int LONGEST_FORM = 65_536;

	private static final int LONGEST_WORDS = 2000;

	private static final Pattern FORM = Pattern.compile("(^|&)(access_token|error|device_code)=");

	static ResponseBody of(String text) {
		Object json = ForeignJson.read(text);
		Map<String, Object> form = (json != null) ? null : form(text.strip());
		String words = (json != null || form != null) ? "" : words(text);
		return new ResponseBody(json, form, words, text.isBlank());
	}

	/**
	 * The members of the answer. A list with one object counts as that object.
	 * @return the members of a JSON object or a form, {@code null} for anything else
	 */
	@Nullable Map<String, Object> members() {
		if (this.form != null) {
			return this.form;
		}
		return ForeignJson
			.object((this.json instanceof List<?> list && list.size() == 1) ? list.iterator().next() : this.json);
	}

	private static @Nullable Map<String, Object> form(String text) {
		if (text.length() > LONGEST_FORM || text.startsWith("<") || !FORM.matcher(text).find()) {
			return null;
		}
		Map<String, Object> form = new LinkedHashMap<>();
		for (String pair : text.split("&", 100)) {
			int equals = pair.indexOf('=');
			if (equals > 0) {
				form.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
			}
		}
		return form;
	}

	private static String decode(String text) {
		try {
			return URLDecoder.decode(text, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return text;
		}
	}

	/**
	 * The title of a page, or else the beginning of the text. A text that looks like a
	 * broken token response is not repeated.
	 */
	private static String words(String text) {
		String start = text.substring(0, Math.min(text.length(), LONGEST_WORDS)).strip();
		String lower = start.toLowerCase(Locale.ROOT);
		if (lower.startsWith("{") || lower.startsWith("[") || lower.startsWith("\"") || lower.contains("_token")
				|| lower.contains("secret")) {
			return "";
		}
		if (!start.startsWith("<")) {
			return start;
		}
		int title = lower.indexOf("<title>");
		int end = (title >= 0 && lower.length() == start.length()) ? lower.indexOf("</title>", title) : -1;
		return (end > 0) ? start.substring(title + "<title>".length(), end).strip() : "";
	}

	@Override
	public String toString() {
		return "ResponseBody[%s]".formatted((this.json != null) ? "json" : (this.form != null) ? "form" : "text");
	}

}
