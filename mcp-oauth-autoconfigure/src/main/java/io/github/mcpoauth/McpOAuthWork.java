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
 * Work that a {@link McpOAuthListener} can watch.
 *
 * @param kind what is done
 * @param server name of the server it is done for
 * @param trigger what began it
 */
public record McpOAuthWork(Kind kind, String server, Trigger trigger) {

	/**
	 * Kinds of work.
	 */
	public enum Kind {

		/**
		 * Renewing a token, once for all who wait for it.
		 */
		REFRESH,

		/**
		 * Answering one caller whose token was refused.
		 */
		RECOVERY

	}

	/**
	 * What begins work.
	 */
	public enum Trigger {

		/**
		 * A request whose token had expired, or was refused before.
		 */
		REQUEST,

		/**
		 * A request whose token was about to expire, and which does not wait.
		 */
		BACKGROUND,

		/**
		 * The server refused a token.
		 */
		REJECTION,

		/**
		 * Somebody asked for it.
		 */
		DEMAND

	}

}
