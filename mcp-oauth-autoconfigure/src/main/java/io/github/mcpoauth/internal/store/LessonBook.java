// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.LearnedChallenge;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

/**
 * Changes the lessons about a grant under its lock, so that other processes know them.
 *
 * @param store keeps the lessons
 * @param lockTimeout how long to wait for the lock
 */
public record LessonBook(TokenStore store, Duration lockTimeout) {

	private static final int MOST_SCOPES = 100;

	private static final int LONGEST_SCOPE = 300;

	private static final Log logger = LogFactory.getLog(LessonBook.class);

	/**
	 * Remember that the MCP server demanded scopes, together with those that it demanded
	 * before.
	 * @param key the grant
	 * @param scopes the scopes, as the server named them
	 * @return an empty mono, which does not fail: a lesson that cannot be stored is
	 * learned again
	 */
	public Mono<Void> demanded(GrantKey key, Set<String> scopes) {
		return change(key, (lessons) -> {
			LearnedChallenge before = lessons.challenge();
			Set<String> all = new LinkedHashSet<>((before != null) ? before.scope() : Set.of());
			scopes.stream().filter((scope) -> scope.length() <= LONGEST_SCOPE).limit(MOST_SCOPES).forEach(all::add);
			return lessons
				.withChallenge(new LearnedChallenge(all, (before != null) ? before.authorizationServer() : null));
		});
	}

	/**
	 * Change the lessons. Does not write lessons that are stored already.
	 * @param key the grant
	 * @param change the change
	 * @return an empty mono, which does not fail
	 */
	public Mono<Void> change(GrantKey key, UnaryOperator<GrantLessons> change) {
		Mono<Void> work = Mono.defer(() -> this.store.load(key)).flatMap((stored) -> {
			GrantLessons next = change.apply(stored.lessons());
			return next.equals(stored.lessons()) ? Mono.empty() : this.store.saveLessons(key, next);
		});
		return Mono.defer(() -> this.store.locked(key, this.lockTimeout, work))
			.onErrorResume(TokenStoreException.class, (ex) -> {
				logger.debug("A lesson about the grant '%s' cannot be stored".formatted(key), ex);
				return Mono.empty();
			});
	}

}
