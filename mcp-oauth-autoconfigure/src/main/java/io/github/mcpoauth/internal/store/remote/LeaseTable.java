// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import reactor.core.publisher.Mono;

/**
 * Where leases are kept. Each method is one atomic step at the server and counts time by
 * the server's clock. A cancelled subscription may or may not have done it.
 */
public interface LeaseTable {

	/**
	 * Take a lease that nobody has, or whose holder let it run out.
	 * @param key the grant
	 * @param owner a text that is unique to this holding of the lease
	 * @param time how long to hold it
	 * @return a mono with whether it was had
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
	 * Give a lease back and tell those who wait for it.
	 * @param key the grant
	 * @param owner the text it was taken with
	 * @return an empty mono, also when somebody else has it by now
	 */
	Mono<Void> giveBack(GrantKey key, String owner);

	/**
	 * Where a lease is, for a person to look at.
	 * @param key the grant
	 * @return for example a table and its key
	 */
	String location(GrantKey key);

}
