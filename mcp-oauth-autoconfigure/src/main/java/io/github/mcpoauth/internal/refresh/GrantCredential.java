// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.internal.protocol.GrantRequest;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import reactor.core.publisher.Mono;

/**
 * The credential presented to obtain a grant without a user: client credentials, an
 * assertion or a subject token.
 */
interface GrantCredential {

	/**
	 * Create a request.
	 * @param target the authorization server and the audience, looked up on subscription
	 * @return a mono with the request, never empty. Fails with an
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException} or a
	 * {@link GrantRenewal.NotRenewableException}
	 */
	Mono<GrantRequest> request(Mono<TokenAudience> target);

	/**
	 * The state of its sources, as far as that can be told in microseconds.
	 * @return something to compare
	 */
	Object stamp();

}
