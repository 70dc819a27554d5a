// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The nonces (RFC 9449, sections 8 and 9) and clock times that servers expect in DPoP
 * proofs. Kept per server. When there are too many, the server heard of least recently is
 * forgotten.
 */
final class ProofExpectations {

	static final String USE_DPOP_NONCE = "use_dpop_nonce";

	static final String INVALID_DPOP_PROOF = "invalid_dpop_proof";

	private static final int MOST_SERVERS = 1000;

	/**
	 * Servers have to put up with clocks that differ by seconds, and a {@code Date} says
	 * no more than the second.
	 */
	private static final Duration SAME_TIME = Duration.ofSeconds(5);

	private static final Expected NOTHING = new Expected(null, Duration.ZERO);

	private final Map<String, Expected> servers = new LinkedHashMap<>(16, 0.75f, true) {

		private static final long serialVersionUID = 1L;

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Expected> eldest) {
			return size() > MOST_SERVERS;
		}

	};

	/**
	 * The expectations that a server has announced.
	 * @param server names the server
	 * @return its expectations
	 */
	synchronized Expected of(String server) {
		return this.servers.getOrDefault(server, NOTHING);
	}

	/**
	 * Take note of an answer. A nonce that comes with it is used from now on; answers may
	 * overtake each other, so that it is not always the newest.
	 * @param server names the server
	 * @param error the error code of the answer, or {@code null}
	 * @param hints the hints of the answer
	 * @param now the time
	 * @return whether the request was refused for its proof, and a new proof that follows
	 * the updated expectations may be accepted
	 */
	synchronized boolean heard(String server, @Nullable String error, ProofHints hints, Instant now) {
		Expected before = of(server);
		Expected after = before;
		if (hints.nonce() != null && !hints.nonce().equals(before.nonce())) {
			after = new Expected(hints.nonce(), before.ahead());
		}
		boolean clock = INVALID_DPOP_PROOF.equals(error) && hints.date() != null
				&& !isSameTime(now.plus(before.ahead()), hints.date());
		if (clock) {
			after = new Expected(after.nonce(), Duration.between(now, hints.date()));
		}
		if (!after.equals(before)) {
			this.servers.put(server, after);
		}
		return clock || (USE_DPOP_NONCE.equals(error) && hints.nonce() != null);
	}

	private static boolean isSameTime(Instant one, Instant other) {
		return Duration.between(one, other).abs().compareTo(SAME_TIME) < 0;
	}

	/**
	 * Expectations of one server.
	 *
	 * @param nonce the nonce, or {@code null}
	 * @param ahead how far its clock is ahead of ours, zero unless it refused a proof and
	 * its answers have quite another date
	 */
	record Expected(@Nullable String nonce, Duration ahead) {

	}

}
