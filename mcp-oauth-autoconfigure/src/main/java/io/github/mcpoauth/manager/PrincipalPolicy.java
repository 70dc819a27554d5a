// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.Fuseable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * Determines the grant that a request needs, and treats requests without a principal.
 */
final class PrincipalPolicy {

	private final PrincipalResolver resolver;

	private final boolean absentIsApplication;

	private final boolean several;

	/**
	 * Create it.
	 * @param resolver determines the grant that a request needs
	 * @param absentIsApplication whether a request without a principal uses the
	 * application's own grant. If not, such a request fails
	 */
	PrincipalPolicy(PrincipalResolver resolver, boolean absentIsApplication) {
		this.resolver = resolver;
		this.absentIsApplication = absentIsApplication;
		this.several = !resolver.equals(PrincipalResolver.application());
	}

	boolean areSeveral() {
		return this.several;
	}

	/**
	 * The grant that a request needs. To be called while the subscription is made, on its
	 * thread.
	 * @param server the server that the request goes to
	 * @param caller the Reactor context of the subscriber, with the user of its thread
	 * @return a mono with the key, never empty
	 */
	Mono<GrantKey> keyFor(McpServer server, Context caller) {
		if (!this.several) {
			return Mono.just(server.key());
		}
		Thread subscriber = Thread.currentThread();
		Mono<GrantKey> asked = ask(server, caller);
		GrantKey known = known(asked);
		if (known != null) {
			// Most resolvers know the user at once, which saves most requests five
			// operators
			require(server, known);
			return asked;
		}
		return asked.contextWrite(caller)
			.switchIfEmpty(Mono.defer(() -> absent(server, subscriber)))
			.onErrorMap((ex) -> !(ex instanceof McpOAuthException),
					(ex) -> new PrincipalRequiredException(server.name(),
							"determining the grant it needs failed with " + ex.getClass().getSimpleName(), ex))
			.doOnNext((key) -> require(server, key));
	}

	private Mono<GrantKey> ask(McpServer server, Context caller) {
		try {
			return Objects.requireNonNull(this.resolver.resolve(server, caller));
		}
		catch (Throwable ex) {
			Exceptions.throwIfFatal(ex);
			return Mono.error(ex);
		}
	}

	private static @Nullable GrantKey known(Mono<GrantKey> asked) {
		try {
			return (asked instanceof Fuseable.ScalarCallable<?> scalar) ? (GrantKey) scalar.call() : null;
		}
		catch (Exception ex) {
			// It fails again when it is subscribed to
			return null;
		}
	}

	private Mono<GrantKey> absent(McpServer server, Thread subscriber) {
		return this.absentIsApplication ? Mono.just(server.key())
				: Mono.error(new PrincipalRequiredException(server.name(),
						"the grant it needs cannot be determined: " + this.resolver.describeAbsence(subscriber), null));
	}

	/**
	 * A key of another server would send that server's token here.
	 */
	private static void require(McpServer server, GrantKey key) {
		if (!key.server().equals(server.name())) {
			throw new PrincipalRequiredException(server.name(),
					"its principal resolver named a grant of MCP server '%s'".formatted(key.server()), null);
		}
	}

}
