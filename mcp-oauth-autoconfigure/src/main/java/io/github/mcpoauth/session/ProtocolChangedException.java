// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * A server has refused a call because it speaks another protocol than it did before, so
 * it has not acted on the call. The cause is the refusal.
 */
final class ProtocolChangedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final Throwable refusal;

	ProtocolChangedException(Throwable refusal) {
		super("The server speaks another protocol than before", refusal);
		this.refusal = refusal;
	}

	Throwable refusal() {
		return this.refusal;
	}

}
