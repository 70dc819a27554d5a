// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.principal;

import io.github.mcpoauth.GrantKey;
import reactor.core.publisher.Mono;

/**
 * Supplies the token of the user that the application acts for. To be declared as a bean
 * where a server's tokens come of a token exchange (RFC 8693), at its own authorization
 * server or at the identity provider of an enterprise, and no file holds the subject
 * token.
 */
@FunctionalInterface
public interface SubjectTokenSupplier {

	/**
	 * The token of the user that a grant belongs to. Asked for each time a token is
	 * needed, and never kept here. A grant is shared by all that use its key: the token
	 * must be of the key's principal, and independent of the caller for a key without
	 * one. The grant of a principal is asked for in the Reactor context of the request
	 * that needs it, in which for example Spring Security has that user's token, if the
	 * {@link PrincipalResolver} says of that context that it is the principal's. A
	 * request that names the grant of another principal, or the application's own grant,
	 * lends no context.
	 * @param key the grant
	 * @return a mono with the token, empty if not available at present. Callers that wait
	 * for the grant fail after an empty answer and after a failure, and the next question
	 * comes after a pause. Only an empty answer for the grant of a principal begins no
	 * pause: the next request may have the token in its context
	 */
	Mono<SubjectToken> subjectToken(GrantKey key);

}
