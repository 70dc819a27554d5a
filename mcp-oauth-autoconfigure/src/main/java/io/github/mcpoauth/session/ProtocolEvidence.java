// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Set;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.McpOAuthException;

import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Finds signs in the failure of a call that its server speaks the other protocol.
 */
final class ProtocolEvidence {

	/**
	 * Statuses of a server that does not know the address, the method or the session.
	 */
	private static final Set<Integer> NOT_UNDERSTOOD = Set.of(400, 404, 405, 406, 415);

	/**
	 * Codes of a request that was not carried out: invalid, of an unknown method, with
	 * invalid parameters.
	 */
	private static final Set<Integer> NOT_CARRIED_OUT = Set.of(-32600, -32601, -32602);

	/**
	 * Codes that servers also use, with an HTTP error, for a request outside of a
	 * session. They have no meaning in the protocol.
	 */
	private static final Set<Integer> OUTSIDE_A_SESSION = Set.of(-32000, -32001);

	private ProtocolEvidence() {
	}

	/**
	 * Whether the answer to a first request of the newer protocol was that of a server
	 * which speaks the older one only: any answer but one about authorization or load,
	 * and silence.
	 * @param failure the failure of the request
	 * @return {@code true} if so
	 */
	static boolean isLegacy(Throwable failure) {
		if (CallFailures.find(failure, McpOAuthException.class) != null) {
			return false;
		}
		WebClientResponseException response = CallFailures.find(failure, WebClientResponseException.class);
		return (response != null) ? response.getStatusCode().value() != 429 && response.getStatusCode().value() != 503
				: CallFailures.find(failure, TimeoutException.class) != null;
	}

	/**
	 * Whether a call of the older protocol failed as it does at a server of the newer
	 * one. The server has not acted on it then.
	 * @param failure the failure of the call
	 * @return {@code true} if the server has to be asked
	 */
	static boolean mayBeModern(Throwable failure) {
		WebClientResponseException response = CallFailures.find(failure, WebClientResponseException.class);
		ProtocolError error = (response != null) ? ProtocolError.in(response) : null;
		return error != null && error.isModern();
	}

	/**
	 * Whether {@code initialize} failed as it does at a server of the newer protocol.
	 * @param failure the failure of the handshake
	 * @return {@code true} if the server has to be asked
	 */
	static boolean refusesInitialize(Throwable failure) {
		WebClientResponseException response = CallFailures.find(failure, WebClientResponseException.class);
		return mayBeModern(failure) || (response != null && NOT_UNDERSTOOD.contains(response.getStatusCode().value()));
	}

	/**
	 * Whether a call of the newer protocol failed as it does at a server of the older
	 * one. The server has not acted on it then.
	 * @param failure the failure of the call
	 * @return {@code true} if the server has to be asked
	 */
	static boolean mayBeLegacy(Throwable failure) {
		McpCallException refusal = CallFailures.find(failure, McpCallException.class);
		if (refusal != null) {
			return refusal.getErrorCode() != null && NOT_CARRIED_OUT.contains(refusal.getErrorCode());
		}
		WebClientResponseException response = CallFailures.find(failure, WebClientResponseException.class);
		if (response == null || !NOT_UNDERSTOOD.contains(response.getStatusCode().value())) {
			return false;
		}
		ProtocolError error = ProtocolError.in(response);
		return error == null || NOT_CARRIED_OUT.contains(error.code()) || OUTSIDE_A_SESSION.contains(error.code());
	}

}
