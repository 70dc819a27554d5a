// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * An authorization response (RFC 6749, section 4.1.2), as it came with a redirect or from
 * a user's clipboard. Nothing in it is to be acted upon, or shown, before
 * {@link #code(AuthorizationRequest)} has looked at it.
 */
public final class AuthorizationResponse {

	private static final int LONGEST = 65536;

	private static final Set<String> NAMES = Set.of("code", "state", "iss", "error", "error_description", "error_uri");

	private static final Pattern QUERY = Pattern.compile("(^|[?&])(code|state|iss|error)=");

	private static final Pattern ADDRESS = Pattern.compile("(?s)[A-Za-z][A-Za-z0-9+.-]*://.*");

	/**
	 * A code is visible characters (RFC 6749, appendix A.11).
	 */
	private static final Pattern CODE = Pattern.compile("[\\x21-\\x7E]+");

	private static final Pattern ERROR_CODE = Pattern.compile("[\\x20-\\x7E]{1,100}");

	private final Map<String, String> parameters;

	private final Set<String> repeated;

	private final boolean bare;

	private AuthorizationResponse(Map<String, String> parameters, Set<String> repeated, boolean bare) {
		this.parameters = parameters;
		this.repeated = repeated;
		this.bare = bare;
	}

	/**
	 * Read the query of a redirect.
	 * @param query the query, not decoded, or {@code null}
	 * @return the response
	 * @throws IllegalArgumentException if it has neither a code nor an error
	 */
	public static AuthorizationResponse ofQuery(@Nullable String query) {
		Map<String, String> parameters = new HashMap<>();
		Set<String> repeated = new HashSet<>();
		if (query != null && query.length() <= LONGEST) {
			for (String pair : query.split("&")) {
				int equals = pair.indexOf('=');
				String name = decode((equals < 0) ? pair : pair.substring(0, equals), false);
				if (NAMES.contains(name) && parameters.put(name, decode(pair.substring(equals + 1), false)) != null) {
					repeated.add(name);
				}
			}
		}
		if (parameters.getOrDefault("code", "").isEmpty() && parameters.getOrDefault("error", "").isEmpty()) {
			throw new IllegalArgumentException("This holds neither an authorization code nor an error");
		}
		return new AuthorizationResponse(parameters, repeated, false);
	}

	/**
	 * Read the text that a user copied from the browser.
	 * @param text the whole redirect URL, its query, or the bare code
	 * @return the response
	 * @throws IllegalArgumentException if it has another form
	 */
	public static AuthorizationResponse ofPasted(String text) {
		String pasted = text.strip();
		if (pasted.length() > LONGEST) {
			throw new IllegalArgumentException("This is too long for a redirect URL or a code");
		}
		if (ADDRESS.matcher(pasted).matches()) {
			return ofQuery(query(pasted));
		}
		String query = pasted.startsWith("?") ? pasted.substring(1) : pasted;
		if (QUERY.matcher(query).find()) {
			return ofQuery(query(query));
		}
		String code = decode(pasted, true);
		if (!CODE.matcher(code).matches()) {
			throw new IllegalArgumentException("This is neither a redirect URL nor a code");
		}
		return new AuthorizationResponse(Map.of("code", code), Set.of(), true);
	}

	private static String query(String text) {
		int fragment = text.indexOf('#');
		String address = (fragment < 0) ? text : text.substring(0, fragment);
		return address.substring(address.indexOf('?') + 1);
	}

	/**
	 * Decode as far as possible: the browser may have decoded the copied text already.
	 */
	private static String decode(String text, boolean literalPlus) {
		try {
			return URLDecoder.decode(literalPlus ? text.replace("+", "%2B") : text, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return text;
		}
	}

	/**
	 * Whether this answers a request: it carries its state, or is a bare code, which only
	 * a user can have pasted here. A response that does not, or that repeats a parameter
	 * (RFC 6749, section 3.1), is ignored: the right one may still come.
	 * @param request the request
	 * @return {@code true} if it does
	 */
	public boolean answers(AuthorizationRequest request) {
		String state = this.parameters.get("state");
		return this.bare || (state != null && this.repeated.isEmpty() && MessageDigest.isEqual(
				state.getBytes(StandardCharsets.UTF_8), request.state().reveal().getBytes(StandardCharsets.UTF_8)));
	}

	/**
	 * The error of a response without state, which cannot be matched with a request. It
	 * may be shown to the user and must not end a login.
	 * @return the error and its description, quoted, {@code null} if the response has a
	 * state or no error
	 */
	public @Nullable String errorWithoutState() {
		String error = this.parameters.get("error");
		if (error == null || error.isEmpty() || this.parameters.containsKey("state") || !this.repeated.isEmpty()) {
			return null;
		}
		String description = this.parameters.get("error_description");
		return UntrustedText.quote(error)
				+ ((description != null) ? " (" + UntrustedText.quote(description) + ")" : "");
	}

	/**
	 * Check the response and take the code.
	 * @param request the request it answers
	 * @return the authorization code
	 * @throws RefusedException if the server or the user denied it; its error code is
	 * {@code access_denied} for the latter and its status 0
	 * @throws UnavailableException if the server says that it may work later
	 * @throws UnusableException if it does not answer that request, names another issuer
	 * than the requested one, lacks a promised issuer (RFC 9207, section 2.4), or repeats
	 * a parameter
	 * @throws IllegalArgumentException for a bare code where the redirect URL is needed
	 */
	public Secret code(AuthorizationRequest request) {
		if (this.bare && request.issParameterSupported()) {
			throw new IllegalArgumentException(
					"This authorization server names itself in its responses, so the whole redirect URL is needed");
		}
		if (!this.repeated.isEmpty()) {
			throw new UnusableException("The authorization response says %s more than once and is not used"
				.formatted(String.join(", ", this.repeated.stream().sorted().toList())));
		}
		if (!answers(request)) {
			throw new UnusableException("The authorization response answers another request and is not used");
		}
		requireIssuer(request);
		String error = this.parameters.get("error");
		if (error != null) {
			throw failure(request, error);
		}
		String code = this.parameters.getOrDefault("code", "");
		if (!CODE.matcher(code).matches()) {
			throw new UnusableException("The authorization response holds a code with characters no code can have");
		}
		return Secret.of(code);
	}

	private void requireIssuer(AuthorizationRequest request) {
		String issuer = this.parameters.get("iss");
		if (issuer == null && request.issParameterSupported()) {
			throw new UnusableException("The authorization response does not name its issuer, though %s promises that"
				.formatted(UntrustedText.quote(request.issuer())));
		}
		if (issuer != null && !issuer.equals(request.issuer())) {
			throw new UnusableException("The authorization response is from %s instead of %s and is not used"
				.formatted(UntrustedText.quote(issuer), UntrustedText.quote(request.issuer())));
		}
	}

	private ExchangeException failure(AuthorizationRequest request, String error) {
		Redaction redaction = Redaction.of(request.state(), request.codeVerifier());
		String code = (ERROR_CODE.matcher(error).matches() && !redaction.applies(error)) ? error : "unknown";
		String description = this.parameters.get("error_description");
		String message = "The authorization server %s answered %s".formatted(UntrustedText.quote(request.issuer()),
				UntrustedText.quote(code));
		if (description != null) {
			message += " (" + redaction.quote(description) + ")";
		}
		return switch (code) {
			case "temporarily_unavailable", "server_error" -> new UnavailableException(message, null, null);
			default -> new RefusedException(message, code, 0);
		};
	}

	@Override
	public String toString() {
		return "AuthorizationResponse[%s]".formatted(this.parameters.containsKey("error") ? "error" : "code");
	}

}
