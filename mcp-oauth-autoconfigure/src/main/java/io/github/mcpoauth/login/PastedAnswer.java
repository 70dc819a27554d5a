/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.github.mcpoauth.login;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * What a person copied from the browser: either the whole answer of the authorization
 * server, or only the code out of it.
 *
 * @param query the query of the redirect URL, as it was sent; {@code null} for a code
 * @param code the authorization code, {@code null} for a query
 */
record PastedAnswer(@Nullable String query, @Nullable Secret code) {

	private static final String EXPECTED = """
			Paste the whole address that the browser was sent to in the end, or the value of 'code' in it""";

	private static final int LONGEST = 16384;

	private static final Pattern QUOTES = Pattern.compile("^[<\"'`]+(.*?)[>\"'`]+$", Pattern.DOTALL);

	private static final Pattern BLANK = Pattern.compile("\\s+");

	private static final Pattern ADDRESS = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*://");

	private static final Pattern QUERY = Pattern.compile("(^|[?&])(code|error|state|iss)=");

	/**
	 * An authorization code is printable ASCII (RFC 6749, appendix A.11).
	 */
	private static final Pattern CODE = Pattern.compile("[\\x21-\\x7E]+");

	private static final Pattern PERCENT_ENCODED = Pattern.compile("%[0-9A-Fa-f]{2}");

	/**
	 * Understand a text. What terminals and mail programs put around or into an address,
	 * like quotes and line breaks, does not matter, nor whether a code is still
	 * percent-encoded as it was in the address.
	 * @param pasted the text
	 * @return what it is
	 * @throws IllegalArgumentException if it is neither a redirect URL, nor its query,
	 * nor a code; the message does not repeat it
	 */
	static PastedAnswer parse(String pasted) {
		String text = QUOTES.matcher(pasted.strip()).replaceFirst("$1").strip();
		if (text.isEmpty() || text.length() > LONGEST) {
			throw new IllegalArgumentException(EXPECTED);
		}
		if (ADDRESS.matcher(text).find()) {
			return new PastedAnswer(queryOf(BLANK.matcher(text).replaceAll("")), null);
		}
		if (QUERY.matcher(text).find()) {
			String query = BLANK.matcher(text).replaceAll("");
			return new PastedAnswer(query.substring(query.indexOf('?') + 1), null);
		}
		return new PastedAnswer(null, Secret.of(codeOf(text)));
	}

	private static String queryOf(String address) {
		int fragment = address.indexOf('#');
		String location = (fragment < 0) ? address : address.substring(0, fragment);
		int mark = location.indexOf('?');
		if (mark < 0 || mark == location.length() - 1) {
			throw new IllegalArgumentException("There is no answer in this address. " + EXPECTED);
		}
		return location.substring(mark + 1);
	}

	private static String codeOf(String text) {
		String code = text;
		if (PERCENT_ENCODED.matcher(text).find()) {
			try {
				code = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalArgumentException(EXPECTED);
			}
		}
		if (!CODE.matcher(code).matches()) {
			throw new IllegalArgumentException(EXPECTED);
		}
		return code;
	}

	@Override
	public String toString() {
		return (this.query != null) ? "PastedAnswer[query]" : "PastedAnswer[code]";
	}

}
