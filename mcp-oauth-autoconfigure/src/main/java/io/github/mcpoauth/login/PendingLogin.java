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

package io.github.mcpoauth.login;

import io.github.mcpoauth.Login;
import reactor.core.publisher.Mono;

/**
 * A login that waits for something to happen.
 */
interface PendingLogin extends Login {

	/**
	 * Whether it cannot be answered or cancelled any more.
	 * @return {@code true} once it has ended in one way or another
	 */
	boolean isOver();

	/**
	 * The end, right before those who wait for the completion are told.
	 * @return a mono that ends when nothing is left that another login could need
	 */
	Mono<Void> ended();

}
