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

package io.github.mcpoauth.refresh;

import java.util.List;

import io.github.mcpoauth.protocol.Challenge;

/**
 * What the challenges of a 401 are about.
 */
final class Challenges {

	private Challenges() {
	}

	/**
	 * Whether a login or a refresh could help: there is a Bearer or DPoP challenge, or
	 * one that names protected resource metadata, or the server gives no challenge at
	 * all.
	 * @param values the values of the {@code WWW-Authenticate} headers
	 * @return {@code false} if the server asks for something else
	 */
	static boolean areAboutOAuth(List<String> values) {
		List<Challenge> challenges = Challenge.parse(values);
		return challenges.isEmpty() || challenges.stream().anyMatch(Challenges::isAboutOAuth);
	}

	private static boolean isAboutOAuth(Challenge challenge) {
		return "bearer".equalsIgnoreCase(challenge.scheme()) || "dpop".equalsIgnoreCase(challenge.scheme())
				|| challenge.parameters().containsKey("resource_metadata");
	}

}
