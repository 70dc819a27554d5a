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

import org.springframework.util.Assert;

/**
 * A token that stands for the user on whose behalf this application acts (RFC 8693,
 * section 2.1).
 *
 * @param token the token
 * @param type its type, one of RFC 8693, section 3
 */
public record SubjectToken(Secret token, String type) {

	/**
	 * An access token.
	 */
	public static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	/**
	 * An ID token of OpenID Connect.
	 */
	public static final String ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";

	public SubjectToken {
		Assert.hasText(type, "'type' must not be empty");
	}

	/**
	 * A user's access token.
	 * @param token the token
	 * @return the subject token
	 */
	public static SubjectToken accessToken(Secret token) {
		return new SubjectToken(token, ACCESS_TOKEN);
	}

	/**
	 * A user's ID token.
	 * @param token the token
	 * @return the subject token
	 */
	public static SubjectToken idToken(Secret token) {
		return new SubjectToken(token, ID_TOKEN);
	}

}
