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

package io.github.mcpoauth;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An access token as it is sent. The provider hands out the same instance for as long as
 * the token stays, so that {@code ==} is a fast first comparison.
 */
public final class AccessToken {

	private final Secret value;

	private final String type;

	private final @Nullable Instant expiresAt;

	private final String authorization;

	/**
	 * Create a token.
	 * @param value the token
	 * @param type the scheme it is sent with (RFC 6749, section 7.1), for example
	 * {@code Bearer}
	 * @param expiresAt when it expires, {@code null} if the server did not say
	 */
	public AccessToken(Secret value, String type, @Nullable Instant expiresAt) {
		Assert.notNull(value, "'value' must not be null");
		Assert.hasText(type, "'type' must not be empty");
		this.value = value;
		this.type = type;
		this.expiresAt = expiresAt;
		this.authorization = type + " " + value.reveal();
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
	 * The value of the {@code Authorization} header, a secret in clear text.
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
