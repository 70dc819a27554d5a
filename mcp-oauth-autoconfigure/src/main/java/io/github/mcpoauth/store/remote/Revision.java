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

package io.github.mcpoauth.store.remote;

import java.util.UUID;

import io.github.mcpoauth.store.Stamp;

/**
 * The stamp of a record on a server: another one for each write.
 *
 * @param value a unique text, empty for the absence of a record
 */
public record Revision(String value) implements Stamp {

	/**
	 * There is no record.
	 */
	public static final Revision NONE = new Revision("");

	/**
	 * A revision nobody had before.
	 * @return a new revision
	 */
	public static Revision random() {
		return new Revision(UUID.randomUUID().toString());
	}

}
