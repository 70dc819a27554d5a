// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.principal;

import io.github.mcpoauth.GrantKey;
import reactor.core.publisher.Mono;

/**
 * Says on whose behalf a token is asked for. To be declared as a bean where a server's
 * tokens come of a token exchange (RFC 8693), at its own authorization server or at the
 * identity provider of an enterprise, and no file holds the subject token.
 */
@FunctionalInterface
public interface SubjectTokenSupplier {

	/**
	 * The token of the user that a grant belongs to. Asked for each time a token is
	 * needed, and never kept here. A grant is shared by all that use its key: what is
	 * answered must be of the key's principal, and of nobody in particular where it has
	 * none. The grant of a principal is asked for in the Reactor context of the request
	 * that needs it, in which for example Spring Security has that user's token, if the
	 * {@link PrincipalResolver} says of that context that it is the principal's. A
	 * request that names the grant of somebody else, and one for the application's own
	 * grant, lend no context.
	 * @param key the grant
	 * @return a mono with the token, empty if there is none for now, which fails those
	 * who wait for the grant
	 */
	Mono<SubjectToken> subjectToken(GrantKey key);

}
