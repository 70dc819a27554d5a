// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.function.Function;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;

/**
 * An address of the page and its handler.
 *
 * @param method the HTTP method
 * @param path the path below the context path
 * @param forms whether the answer may have forms, which need the application's own field
 * @param handler answers a request. The mono does not fail and is not empty
 */
record Route(HttpMethod method, String path, boolean forms, Function<PageRequest, Mono<PageAnswer>> handler) {

}
