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

/**
 * Hears of {@link McpOAuthEvent events} as they happen.
 */
@FunctionalInterface
public interface McpOAuthListener {

	/**
	 * Take note of an event. It is called on any thread, also one that must not be
	 * blocked, while others wait: hand the event on and return. It must not fail.
	 * @param event the event
	 */
	void onEvent(McpOAuthEvent event);

	/**
	 * A listener that does not listen.
	 * @return the listener
	 */
	static McpOAuthListener none() {
		return (event) -> {
		};
	}

}
