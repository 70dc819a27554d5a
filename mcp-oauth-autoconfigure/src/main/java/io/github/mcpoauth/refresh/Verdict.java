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
import java.util.Objects;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * The next grant was refused. Holds until what was refused is replaced, so that no late
 * 401 asks again.
 *
 * @param spent the token that was refused, or would have been replaced, {@code null} for
 * none
 * @param stamp the state of what was refused besides
 * @param reason one sentence of cause
 * @param since when it was refused
 * @param until when it is over in any case, {@code null} for never
 */
record Verdict(@Nullable Secret spent, Object stamp, String reason, Instant since, @Nullable Instant until) {

	boolean isAbout(@Nullable Secret token) {
		return Objects.equals(this.spent, token);
	}

	boolean isOver(Instant now) {
		return this.until != null && !now.isBefore(this.until);
	}

}
