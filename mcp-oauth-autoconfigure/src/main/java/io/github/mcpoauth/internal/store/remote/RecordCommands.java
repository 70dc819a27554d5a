// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The commands of a server that keeps records. Each is one atomic step on the primary of
 * the server, never on a replica, and tells the other processes about its change in the
 * same step. A command that has begun runs to its end, also when its subscription is
 * cancelled, and no subscription blocks the subscribing thread.
 */
public interface RecordCommands extends AutoCloseable {

	/**
	 * Read a record.
	 * @param key the grant
	 * @return a mono with the record, never empty
	 */
	Mono<RemoteRecord> read(GrantKey key);

	/**
	 * Read the revisions of records.
	 * @param keys the grants
	 * @return a mono with the revisions; a grant that is missing in it does not exist
	 */
	Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> keys);

	/**
	 * Write a grant if the server is in the expected state.
	 * @param key the grant
	 * @param write the grant and the expected state
	 * @return a mono with whether it was written
	 */
	Mono<Boolean> write(GrantKey key, RecordWrite write);

	/**
	 * Remove the grant, its lessons and its note.
	 * @param key the grant
	 * @param all whether to remove all other documents of the key, too
	 * @return an empty mono
	 */
	Mono<Void> remove(GrantKey key, boolean all);

	/**
	 * Read a document.
	 * @param key the grant
	 * @param document the document
	 * @return a mono with its content, empty if absent
	 */
	Mono<String> read(GrantKey key, Document document);

	/**
	 * Write or remove a document.
	 * @param key the grant
	 * @param document the document
	 * @param content its content, {@code null} to remove it
	 * @return an empty mono
	 */
	Mono<Void> write(GrantKey key, Document document, @Nullable String content);

	/**
	 * Write a document unless there is one.
	 * @param key the grant
	 * @param document the document
	 * @param content its content
	 * @return a mono with the content that is stored now
	 */
	Mono<String> writeIfAbsent(GrantKey key, Document document, String content);

	/**
	 * Write a note if the grant is the one that was read and the lease is held.
	 * @param key the grant
	 * @param read the fence of the grant that was read
	 * @param note the note
	 * @param young age up to which the note of another owner counts
	 * @param lease the lease, which is renewed, {@code null} without a lease
	 * @return a mono with the result, or with an error:
	 * {@link io.github.mcpoauth.store.GrantConflictException} for another grant,
	 * {@link LeaseLostException} for a lost lease
	 */
	Mono<SpendingResult> note(GrantKey key, Fence read, SpendingNote note, Duration young, @Nullable String lease);

	/**
	 * Remove the note of an owner.
	 * @param key the grant
	 * @param owner the owner
	 * @return an empty mono
	 */
	Mono<Void> withdraw(GrantKey key, String owner);

	/**
	 * List the keys of principals that something is stored for.
	 * @param query selects keys and the page
	 * @return a mono with the page, never empty
	 */
	Mono<GrantQuery.Page> list(GrantQuery query);

	/**
	 * Read the logins of a grant.
	 * @param key the grant, {@code null} for the key of all logins
	 * @return a mono with the text, empty if absent
	 */
	Mono<String> logins(@Nullable GrantKey key);

	/**
	 * Replace the logins of a grant if they are the expected ones.
	 * @param key the grant, {@code null} for the key of all logins
	 * @param expected the expected text, {@code null} if it has to be absent
	 * @param next the new text, {@code null} to remove it
	 * @param lifetime how long the text is of use, {@code null} for ever
	 * @return a mono with whether they were replaced
	 */
	Mono<Boolean> replaceLogins(@Nullable GrantKey key, @Nullable String expected, @Nullable String next,
			@Nullable Duration lifetime);

	/**
	 * Whether the server removes logins itself when their lifetime is over.
	 * @return {@code false} if they stay until they are replaced
	 */
	boolean removesExpiredLogins();

	/**
	 * The leases on this server.
	 * @return the leases
	 */
	LeaseTable leases();

	/**
	 * Set the receiver of other processes' messages. Nothing is received before the first
	 * read.
	 * @param events the receiver
	 */
	void listen(RemoteEvents events);

	/**
	 * Say why a command failed.
	 * @param failure its error
	 * @return the kind of failure and the advice for the user, without the server's own
	 * words, which can quote tokens
	 */
	Reason reason(Throwable failure);

	/**
	 * The place of a record, for users to look at.
	 * @param key the grant
	 * @return the place
	 */
	String location(GrantKey key);

	/**
	 * Stop to receive changes. Connections that the application owns stay open.
	 */
	@Override
	void close();

	/**
	 * A document that is kept for a grant.
	 */
	enum Document {

		/**
		 * The registered client.
		 */
		CLIENT,

		/**
		 * The authorization server metadata.
		 */
		METADATA,

		/**
		 * The lessons.
		 */
		LESSONS,

		/**
		 * The issuer that the credentials for the server are bound to.
		 */
		ISSUER,

		/**
		 * The key itself, where the key of the record is a digest that does not tell.
		 */
		NAME

	}

	/**
	 * The reason of a failure.
	 *
	 * @param store the kind of store, for example "the database"
	 * @param text the kind of failure
	 * @param advice the advice for the user
	 * @param quotable whether the error holds no token and may be kept as a cause
	 */
	record Reason(String store, String text, String advice, boolean quotable) {

	}

}
