// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.util.Locale;
import java.util.UUID;

import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.event.McpOAuthWork.Kind;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.internal.event.GuardedListener;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;
import reactor.core.publisher.Mono;

/**
 * The collaborators that all providers of a manager share.
 *
 * @param store holds the grants
 * @param settings how tokens are kept fresh
 * @param principals tells the principal of a request from its Reactor context
 * @param listener receives the events
 * @param threads threads that refresh attempts and their deadlines run on
 * @param time the clock and the counter for pauses
 * @param owner name of the manager in notes. Two managers of one process have two names,
 * because neither knows of the other's attempts
 */
public record RefreshContext(TokenStore store, RefreshSettings settings, PrincipalResolver principals,
		McpOAuthListener listener, WorkThreads threads, Time time, String owner) {

	public RefreshContext {
		listener = GuardedListener.of(listener);
	}

	/**
	 * The collaborators of a new manager.
	 * @param store holds the grants
	 * @param settings how tokens are kept fresh
	 * @param principals tells the principal of a request from its Reactor context
	 * @param listener receives the events
	 * @param threads threads that refresh attempts and their deadlines run on
	 * @param time the clock and the counter for pauses
	 */
	public RefreshContext(TokenStore store, RefreshSettings settings, PrincipalResolver principals,
			McpOAuthListener listener, WorkThreads threads, Time time) {
		this(store, settings, principals, listener, threads, time, UUID.randomUUID().toString());
	}

	/**
	 * Have the listener watch a recovery.
	 * @param server name of the MCP server
	 * @param recovery the recovery
	 * @return a mono with the answer of the recovery
	 */
	public Mono<Recovery> observed(String server, Mono<Recovery> recovery) {
		McpOAuthWork work = new McpOAuthWork(Kind.RECOVERY, server, Trigger.REJECTION);
		return Mono.deferContextual((caller) -> this.listener.observe(work, caller, recovery,
				(answer) -> answer.outcome().name().toLowerCase(Locale.ROOT)));
	}

}
