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

import java.time.Instant;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * A refresh token was refused. Holds until the store shows another grant, so that no late
 * 401 asks again.
 *
 * @param refreshToken the refused token
 * @param reason one sentence of cause
 * @param since when it was refused
 */
record Verdict(Secret refreshToken, String reason, Instant since) {

	boolean appliesTo(@Nullable Grant grant) {
		return grant != null && this.refreshToken.equals(grant.refreshToken());
	}

}
