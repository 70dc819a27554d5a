// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Removes the secrets of a request from text that a server sent. Servers are fond of
 * naming in an error description the token they refuse, whole or in part.
 */
final class Redaction {

	private static final String MASK = "******";

	private static final int LONGEST = 2000;

	/**
	 * This many characters of a secret in a row are no coincidence.
	 */
	private static final int WINDOW = 8;

	private final Set<String> windows = new HashSet<>();

	private final Set<Integer> lengths = new HashSet<>();

	private Redaction() {
	}

	/**
	 * Redact nothing.
	 * @return a redaction for requests without a secret
	 */
	static Redaction none() {
		return new Redaction();
	}

	/**
	 * Redact secrets, also in the form that they are sent in.
	 * @param secrets the secrets of a request
	 * @return the redaction
	 */
	static Redaction of(@Nullable Secret... secrets) {
		Redaction redaction = new Redaction();
		Arrays.stream(secrets).forEach(redaction::and);
		return redaction;
	}

	/**
	 * Redact a further secret.
	 * @param secret the secret, or {@code null}
	 * @return this
	 */
	Redaction and(@Nullable Secret secret) {
		if (secret != null) {
			add(secret.reveal());
			add(URLEncoder.encode(secret.reveal(), StandardCharsets.UTF_8));
		}
		return this;
	}

	/**
	 * Redact the credentials of an {@code Authorization} header too.
	 * @param authorization the value of the header, or {@code null}
	 * @return this
	 */
	Redaction and(@Nullable String authorization) {
		if (authorization != null) {
			add(authorization.substring(authorization.indexOf(' ') + 1));
		}
		return this;
	}

	/**
	 * Redact the client's signed assertion too.
	 * @param authentication how the client authenticates, {@code null} for not at all
	 * @return this
	 */
	Redaction andSignature(@Nullable ClientAuthentication authentication) {
		if (authentication instanceof PrivateKeyJWT signed) {
			add(signed.getClientAssertion().serialize());
		}
		return this;
	}

	private void add(String text) {
		String secret = fold(text);
		int length = Math.min(WINDOW, secret.length());
		this.lengths.add(length);
		for (int i = 0; i + length <= secret.length(); i++) {
			this.windows.add(secret.substring(i, i + length));
		}
	}

	/**
	 * Quote text of a server.
	 * @param text the text, or {@code null}
	 * @return the text without secrets, quoted
	 */
	String quote(@Nullable String text) {
		return UntrustedText.quote((text != null) ? apply(text) : null);
	}

	/**
	 * Whether a text holds a secret or a good part of one.
	 * @param text a text
	 * @return {@code true} if it does
	 */
	boolean applies(String text) {
		return !secret(text).isEmpty();
	}

	/**
	 * Whether a failure repeats a secret: HTTP clients quote text they could not parse.
	 * @param failure a failure
	 * @return {@code true} if its message, or that of a cause, does
	 */
	boolean applies(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause.getMessage() != null && applies(cause.getMessage())) {
				return true;
			}
		}
		return false;
	}

	private String apply(String text) {
		String cut = (text.length() > LONGEST) ? text.substring(0, LONGEST) : text;
		BitSet secret = secret(cut);
		StringBuilder redacted = new StringBuilder();
		int position = 0;
		while (position < cut.length()) {
			if (secret.get(position)) {
				redacted.append(MASK);
				position = secret.nextClearBit(position);
			}
			else {
				redacted.append(cut.charAt(position++));
			}
		}
		return redacted.toString();
	}

	private BitSet secret(String original) {
		String text = fold(original);
		BitSet secret = new BitSet(text.length());
		for (int length : this.lengths) {
			for (int i = 0; i + length <= text.length(); i++) {
				if (this.windows.contains(text.substring(i, i + length))) {
					secret.set(i, i + length);
				}
			}
		}
		return secret;
	}

	/**
	 * In one case and of the same length, because some servers change the case of echoed
	 * text.
	 */
	private static String fold(String text) {
		StringBuilder folded = new StringBuilder(text);
		for (int i = 0; i < folded.length(); i++) {
			folded.setCharAt(i, Character.toLowerCase(folded.charAt(i)));
		}
		return folded.toString();
	}

}
