// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import reactor.core.publisher.Mono;

/**
 * The leases on a server. Each method is one atomic step at the server and counts time by
 * the server's clock. A cancelled subscription may or may not have done it.
 */
public interface LeaseTable {

	/**
	 * Take a lease that has no holder, or that ran out.
	 * @param key the grant
	 * @param owner a text that is unique to this holding of the lease
	 * @param time how long to hold it
	 * @return a mono with whether it was taken
	 */
	Mono<Boolean> take(GrantKey key, String owner, Duration time);

	/**
	 * Hold a lease for longer, unless it ran out.
	 * @param key the grant
	 * @param owner the text it was taken with
	 * @param time how long to hold it from now on
	 * @return a mono with whether it is still held
	 */
	Mono<Boolean> renew(GrantKey key, String owner, Duration time);

	/**
	 * Give a lease back and tell the processes that wait for it.
	 * @param key the grant
	 * @param owner the text it was taken with
	 * @return an empty mono, also when another process has it by now
	 */
	Mono<Void> giveBack(GrantKey key, String owner);

	/**
	 * The place of a lease, for users to look at.
	 * @param key the grant
	 * @return for example a table and its key
	 */
	String location(GrantKey key);

}
