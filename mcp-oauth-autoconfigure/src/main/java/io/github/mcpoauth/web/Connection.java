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

import io.github.mcpoauth.Login;
import io.github.mcpoauth.ServerStatus;
import org.jspecify.annotations.Nullable;

/**
 * A server as a visitor gets to see it.
 *
 * @param status its state
 * @param login the login in flight, {@code null} for none
 * @param own whether the visitor started that login
 */
record Connection(ServerStatus status, @Nullable Login login, boolean own) {

	/**
	 * Whether there is something to take away.
	 */
	boolean hasGrant() {
		return isGrantKnown() || this.status.state() != ServerStatus.State.LOGIN_REQUIRED;
	}

	/**
	 * Whether there is something to say about it. Where the store cannot be read, there
	 * is not.
	 */
	boolean isGrantKnown() {
		return this.status.issuedAt() != null || this.status.expiresAt() != null || this.status.refreshTokenPresent()
				|| !this.status.scopes().isEmpty() || this.status.state() == ServerStatus.State.AUTHORIZED;
	}

}
