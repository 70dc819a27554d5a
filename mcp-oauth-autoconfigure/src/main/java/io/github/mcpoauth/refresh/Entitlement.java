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

import io.github.mcpoauth.protocol.GrantRequest;
import reactor.core.publisher.Mono;

/**
 * What a grant without a person is asked for with.
 */
interface Entitlement {

	/**
	 * Make a request of it.
	 * @param target whom to ask for what, found out when subscribed to
	 * @return a mono with the request, never empty. Fails with an
	 * {@link io.github.mcpoauth.protocol.ExchangeException} or a
	 * {@link GrantRenewal.NotRenewableException}
	 */
	Mono<GrantRequest> request(Mono<Target> target);

	/**
	 * The state of what it consists of, as far as that can be told in microseconds.
	 * @return something to compare
	 */
	Object stamp();

}
