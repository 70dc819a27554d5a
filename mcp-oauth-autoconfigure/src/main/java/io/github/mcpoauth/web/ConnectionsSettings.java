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

package io.github.mcpoauth.web;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * How the connections page is reached.
 *
 * @param externalUrl address of the application as browsers know it, with its context
 * path, {@code null} to take what the requests say
 * @param allowUnprotected whether the page is for everybody who reaches it, because
 * something else keeps strangers away
 */
public record ConnectionsSettings(@Nullable URI externalUrl, boolean allowUnprotected) {

	/**
	 * What the requests say, for people who have logged in and for this machine.
	 * @return the settings
	 */
	public static ConnectionsSettings defaults() {
		return new ConnectionsSettings(null, false);
	}

}
