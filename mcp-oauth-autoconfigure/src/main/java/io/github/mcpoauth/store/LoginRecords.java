// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps the logins that wait for a user, so that any process that shares the store can
 * finish a login that another one began. There is one text for each grant, which holds
 * its few logins and the few questions of its server that wait for the user, and one key
 * for all processes.
 * <p>
 * The texts are sealed with the key before they come here. The key is as secret as a
 * token: a store that encrypts tokens encrypts the key, too.
 * <p>
 * Every change is a compare-and-set on the primary: of several processes that replace the
 * same text, one succeeds, and so a login is answered once. The rules of
 * {@link TokenStore} for threads, subscription and errors hold here as well.
 */
public interface LoginRecords {

	/**
	 * Read the logins of a grant.
	 * @param key the grant
	 * @return a mono with the text, empty if absent
	 */
	Mono<String> load(GrantKey key);

	/**
	 * Replace the logins of a grant, unless another process has replaced them since they
	 * were read.
	 * @param key the grant
	 * @param expected the text that was read, {@code null} if it was absent
	 * @param next the new text, never empty, {@code null} to remove it
	 * @param lifetime how long the new text is of use. The store may remove it afterwards
	 * @return a mono with whether the text was replaced
	 */
	Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next, Duration lifetime);

	/**
	 * Store the key of all processes, unless it is another one than expected. The key
	 * outlives every grant.
	 * @param expected the key to replace, {@code null} to store the first key
	 * @param next the new key, never empty
	 * @return a mono with the key that is stored now, never empty
	 */
	Mono<String> key(@Nullable String expected, String next);

	/**
	 * Whether this store removes a text itself when its lifetime is over.
	 * @return {@code false} to be told now and then to remove such texts
	 */
	default boolean removesExpired() {
		return false;
	}

	/**
	 * Whether other processes know the texts when this process ends. Without that, its
	 * logins are ended with it.
	 * @return {@code false} for records in the memory of this process
	 */
	default boolean outliveProcess() {
		return true;
	}

}
