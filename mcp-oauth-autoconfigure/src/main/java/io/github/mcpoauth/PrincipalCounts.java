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
 * How many principals a server is used for, without a name.
 *
 * @param known how many this process has to do with now. Grants that are only stored do
 * not count
 * @param loginRequired how many of these have to log in before they can go on
 */
public record PrincipalCounts(int known, int loginRequired) {

	/**
	 * Nobody but the application itself.
	 */
	public static final PrincipalCounts NONE = new PrincipalCounts(0, 0);

}
