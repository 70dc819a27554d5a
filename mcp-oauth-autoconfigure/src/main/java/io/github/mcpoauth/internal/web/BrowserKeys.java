// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeoutException;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes values that only this application can have given to a browser. Processes that
 * share a store share the key, so a form of one may come to another. Without such a store
 * the key ends with the process.
 */
final class BrowserKeys {

	private static final SecureRandom random = new SecureRandom();

	private static final Log logger = LogFactory.getLog(BrowserKeys.class);

	private static final String ALGORITHM = "HmacSHA256";

	/**
	 * A store that is away must not keep users from seeing that it is.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(3);

	/**
	 * The first contact with a store makes connections and loads classes, and without the
	 * key of the others a form from here is refused by each of them.
	 */
	private static final Duration FIRST_PATIENCE = Duration.ofSeconds(15);

	private final @Nullable LoginRecords records;

	private final WorkThreads threads;

	private final String candidate = random(32);

	// Written by the request that reads the store, read by all: any of two readings made
	// at the same time may stay
	private volatile SecretKeySpec key = key(this.candidate);

	// Written after the key
	private volatile boolean shared;

	/**
	 * Create keys for this process alone.
	 */
	BrowserKeys() {
		this(null, WorkThreads.shared());
	}

	/**
	 * Create keys for all processes that share records.
	 * @param records keep the key, {@code null} for this process alone
	 * @param threads the time that a reading may take
	 */
	BrowserKeys(@Nullable LoginRecords records, WorkThreads threads) {
		this.records = records;
		this.threads = threads;
	}

	/**
	 * Take over the key of all processes. It is read for each request: one that was
	 * removed from the store is another one afterwards.
	 * @return an empty mono. If the store cannot be read, the key stays as it was
	 */
	Mono<Void> refresh() {
		if (this.records == null) {
			return Mono.empty();
		}
		return this.threads.within(this.records.key(null, this.candidate), this.shared ? PATIENCE : FIRST_PATIENCE)
			.doOnNext((stored) -> {
				this.key = key(stored);
				this.shared = true;
			})
			.then()
			.onErrorResume((ex) -> ex instanceof TokenStoreException || ex instanceof TimeoutException, (ex) -> {
				logger.warn("Forms of the connections page may be refused by other processes. %s"
					.formatted(ex.getMessage()));
				return Mono.empty();
			});
	}

	private static SecretKeySpec key(String text) {
		return new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), ALGORITHM);
	}

	/**
	 * A proof for a browser. It reveals nothing to a reader that knows the cookie only.
	 * @param purpose the use of the proof
	 * @param browser the value of the browser's cookie
	 * @param user the user, {@code null} if absent
	 * @return the proof
	 */
	String proof(String purpose, String browser, @Nullable String user) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(this.key);
			for (String part : new String[] { purpose, browser, (user != null) ? "user " + user : "" }) {
				mac.update(part.getBytes(StandardCharsets.UTF_8));
				mac.update((byte) 0);
			}
			return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has HmacSHA256", ex);
		}
	}

	boolean isProof(String purpose, String browser, @Nullable String user, @Nullable String proof) {
		return proof != null && MessageDigest.isEqual(proof.getBytes(StandardCharsets.UTF_8),
				proof(purpose, browser, user).getBytes(StandardCharsets.UTF_8));
	}

	static String random(int length) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(length));
	}

	private static byte[] bytes(int length) {
		byte[] bytes = new byte[length];
		random.nextBytes(bytes);
		return bytes;
	}

}
