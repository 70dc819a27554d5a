// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.internal.protocol.GrantRequest;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import reactor.core.publisher.Mono;

/**
 * What a grant without a person is asked for with.
 */
interface GrantCredential {

	/**
	 * Make a request of it.
	 * @param target whom to ask for what, found out when subscribed to
	 * @return a mono with the request, never empty. Fails with an
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException} or a
	 * {@link GrantRenewal.NotRenewableException}
	 */
	Mono<GrantRequest> request(Mono<TokenAudience> target);

	/**
	 * The state of what it consists of, as far as that can be told in microseconds.
	 * @return something to compare
	 */
	Object stamp();

}
