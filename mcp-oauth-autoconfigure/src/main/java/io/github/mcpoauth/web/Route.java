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

import java.util.function.Function;

import reactor.core.publisher.Mono;

/**
 * Something that the page answers.
 *
 * @param method the HTTP method
 * @param path the path below the context path
 * @param forms whether the answer may have forms, which need the application's own field
 * @param handler answers a request. The mono does not fail and is not empty
 */
public record Route(Method method, String path, boolean forms, Function<PageRequest, Mono<PageAnswer>> handler) {

	/**
	 * The HTTP methods there are.
	 */
	public enum Method {

		/**
		 * Looks.
		 */
		GET,

		/**
		 * Changes something.
		 */
		POST

	}

}
