// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;

/**
 * What all providers of a manager share.
 *
 * @param store holds the grants
 * @param settings how tokens are kept fresh
 * @param principals tells the principal of a request from its Reactor context
 * @param listener receives the events
 * @param threads threads that refresh attempts and their deadlines run on
 * @param time the clock and the counter for pauses
 */
public record RefreshContext(TokenStore store, RefreshSettings settings, PrincipalResolver principals,
		McpOAuthListener listener, WorkThreads threads, Time time) {

	public RefreshContext {
		listener = GuardedListener.of(listener);
	}

}
