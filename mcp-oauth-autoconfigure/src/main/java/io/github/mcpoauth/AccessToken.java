// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An access token as it is sent. The provider hands out the same instance for as long as
 * the token stays, so that {@code ==} is a fast first comparison.
 * <p>
 * Code that sends requests without the filter calls {@link #authorize} for every request
 * that goes out, also for one that is sent again, and {@link #answered} for every answer.
 * This suffices for every type of token.
 */
public final class AccessToken {

	private final Secret value;

	private final String type;

	private final @Nullable Instant expiresAt;

	private final String authorization;

	private final @Nullable ProofOfPossession proof;

	private final boolean complete;

	/**
	 * Create a token.
	 * @param value the token
	 * @param type the scheme it is sent with (RFC 6749, section 7.1), for example
	 * {@code Bearer}
	 * @param expiresAt when it expires, {@code null} if the server did not say
	 */
	public AccessToken(Secret value, String type, @Nullable Instant expiresAt) {
		this(value, type, expiresAt, null);
	}

	/**
	 * Create a token that may be bound to a key.
	 * @param value the token
	 * @param type the scheme it is sent with
	 * @param expiresAt when it expires, {@code null} if the server did not say
	 * @param proof proves possession of the key with each request (RFC 9449),
	 * {@code null} for a token that is not bound to one. A token of another type than
	 * {@code DPoP} is sent without, also if there is a key, because the authorization
	 * server did not bind it
	 */
	public AccessToken(Secret value, String type, @Nullable Instant expiresAt, @Nullable ProofOfPossession proof) {
		Assert.notNull(value, "'value' must not be null");
		Assert.hasText(type, "'type' must not be empty");
		this.value = value;
		this.type = type;
		this.expiresAt = expiresAt;
		this.authorization = type + " " + value.reveal();
		boolean bound = ProofOfPossession.DPOP.equalsIgnoreCase(type);
		this.proof = bound ? proof : null;
		this.complete = !bound || proof != null;
	}

	/**
	 * The token itself.
	 * @return the token
	 */
	public Secret value() {
		return this.value;
	}

	/**
	 * The scheme the token is sent with.
	 * @return the token type
	 */
	public String type() {
		return this.type;
	}

	/**
	 * When the token expires.
	 * @return the instant, {@code null} if the server did not say
	 */
	public @Nullable Instant expiresAt() {
		return this.expiresAt;
	}

	/**
	 * Whether the token is bound to a key, so that it is of no use without a proof.
	 * @return {@code true} if a request needs more than the token
	 */
	public boolean isBound() {
		return this.proof != null;
	}

	/**
	 * Set the headers that authorize one request: {@code Authorization}, and for a bound
	 * token {@code DPoP} with a proof that is good for this one request. To be called
	 * again for a request that is sent again. Does not block; a proof takes a good part
	 * of a millisecond of CPU time, which an event loop is better spared, and without one
	 * this costs nothing.
	 * @param method method of the request, in upper case
	 * @param url full address of the request
	 * @param header sets a header by name and value, both secrets in clear text, in the
	 * place of one that is there
	 * @throws IllegalStateException if the token is of a type that needs a proof and
	 * there is no key to make one with
	 */
	public void authorize(String method, URI url, BiConsumer<String, String> header) {
		Assert.state(this.complete, "A token of type DPoP cannot be sent without the key that it is bound to");
		if (this.proof != null) {
			header.accept(ProofOfPossession.DPOP, this.proof.proof(method, url, this.value));
		}
		header.accept("Authorization", this.authorization);
	}

	/**
	 * Take note of an answer to a request that was sent with this token. Costs nothing
	 * for a token that is not bound.
	 * @param url address of the request
	 * @param status status of the answer, any
	 * @param headers gives the values of a header of the answer by its name, an empty
	 * list if absent
	 * @return {@code true} if the request was refused for nothing but its proof: send it
	 * once more with the same token, authorized anew. The token is valid, so do not call
	 * {@link McpOAuthProvider#recover}
	 */
	public boolean answered(URI url, int status, Function<String, List<String>> headers) {
		return this.proof != null && this.proof.answered(url, status, headers);
	}

	/**
	 * The value of the {@code Authorization} header, a secret in clear text. It tells one
	 * token from another; to send a token, {@link #authorize} the request.
	 * @return the token type, a space and the token
	 */
	public String authorizationHeader() {
		return this.authorization;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof AccessToken token && this.value.equals(token.value));
	}

	@Override
	public int hashCode() {
		return this.value.hashCode();
	}

	@Override
	public String toString() {
		return "AccessToken[type=%s, expiresAt=%s]".formatted(this.type, this.expiresAt);
	}

}
