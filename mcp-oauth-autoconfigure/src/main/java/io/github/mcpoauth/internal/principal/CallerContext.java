// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.principal;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.util.ClassUtils;

/**
 * Brings the user of the thread that subscribes into the Reactor context, as the security
 * context that Spring Security keeps there in a WebFlux application. Everything after
 * that reads the Reactor context only: the thread that sends a request may carry another
 * user.
 */
public final class CallerContext {

	private static final boolean SECURITY_PRESENT = isPresent(
			"org.springframework.security.core.context.ReactiveSecurityContextHolder");

	private static final boolean SDK_PRESENT = isPresent("io.modelcontextprotocol.common.McpTransportContext");

	private CallerContext() {
	}

	private static boolean isPresent(String type) {
		return ClassUtils.isPresent(type, CallerContext.class.getClassLoader());
	}

	/**
	 * The security context to add for a subscriber. To be called while the subscription
	 * is made, on its thread. A security context in the Reactor context comes first, one
	 * in the {@code McpTransportContext} of the MCP SDK second, that of the thread last.
	 * @param context the Reactor context of the subscriber
	 * @return the entry to add, empty if the context names a user, or if there is no user
	 */
	public static Context of(ContextView context) {
		return SECURITY_PRESENT ? Security.of(context) : Context.empty();
	}

	/**
	 * The Reactor context of a subscriber with the user.
	 * @param context the Reactor context of the subscriber
	 * @return the same context, or one with the entry to add
	 */
	public static Context addTo(Context context) {
		Context added = of(context);
		return added.isEmpty() ? context : context.putAll(added.readOnly());
	}

	/**
	 * The user of the present thread, for work that other threads do later. That is the
	 * user of the Reactor context that context propagation has put on the thread, or of
	 * the thread itself. If there is no user, the result says so: with it in the Reactor
	 * context, no other thread is asked.
	 * @return the entry for the Reactor context of that work
	 */
	public static Context capture() {
		return SECURITY_PRESENT ? Security.capture() : Context.empty();
	}

	/**
	 * As {@link #of}, but without the thread.
	 * @param context a Reactor context
	 * @return the entry to add, empty if the context names a user, or if there is no user
	 */
	public static Context carriedBy(ContextView context) {
		return SECURITY_PRESENT ? Security.carriedBy(context) : Context.empty();
	}

	/**
	 * The part of a message that says why a thread has no user.
	 * @param subscriber the thread that subscribed
	 * @return a part of a sentence
	 */
	public static String describe(Thread subscriber) {
		if (Schedulers.isNonBlockingThread(subscriber)) {
			return """
					the thread that subscribed, '%s', serves requests of many users, so no user is read from it. \
					Set spring.reactor.context-propagation to auto, with io.micrometer:context-propagation on the class path, \
					which hands the user on to the later calls of a chain"""
				.formatted(subscriber.getName());
		}
		if (SECURITY_PRESENT && !Security.isOfOneThread()) {
			return """
					no user is read from threads, because the strategy of SecurityContextHolder shares security contexts \
					between threads. Use its default strategy""";
		}
		return """
				the thread that subscribed, '%s', has no authenticated user. Use an executor that hands the user on, \
				such as DelegatingSecurityContextAsyncTaskExecutor, and for the threads of Reactor set \
				spring.reactor.context-propagation to auto""".formatted(subscriber.getName());
	}

	/**
	 * Loaded only where Spring Security is present.
	 */
	private static final class Security {

		/**
		 * Key of the entry that context propagation makes of the thread's security
		 * context.
		 */
		private static final String PROPAGATED = SecurityContext.class.getName();

		private Security() {
		}

		static Context of(ContextView context) {
			Context carried = carriedBy(context);
			if (!carried.isEmpty() || context.hasKey(SecurityContext.class) || Schedulers.isInNonBlockingThread()
					|| !isOfOneThread()) {
				return carried;
			}
			return entry(user(SecurityContextHolder.getContext()));
		}

		static Context carriedBy(ContextView context) {
			if (context.hasKey(SecurityContext.class)) {
				return Context.empty();
			}
			Authentication user = user(context.getOrDefault(PROPAGATED, null));
			return entry((user == null && SDK_PRESENT) ? user(Sdk.user(context)) : user);
		}

		static Context capture() {
			Object propagated = Schedulers.isInNonBlockingThread() ? null
					: Mono.deferContextual((context) -> Mono.justOrEmpty(context.getOrEmpty(SecurityContext.class)))
						.contextCapture()
						.block();
			if (propagated != null) {
				return Context.of(SecurityContext.class, propagated);
			}
			Context found = of(Context.empty());
			return !found.isEmpty() ? found : ReactiveSecurityContextHolder.withSecurityContext(Mono.empty());
		}

		/**
		 * A new security context: a logout empties the one that the thread has.
		 */
		private static Context entry(@Nullable Authentication user) {
			return (user != null) ? ReactiveSecurityContextHolder.withAuthentication(user) : Context.empty();
		}

		private static @Nullable Authentication user(@Nullable Object found) {
			Object candidate = (found instanceof SecurityContext security) ? security.getAuthentication() : found;
			return (candidate instanceof Authentication authentication && AuthenticatedUser.isUser(authentication))
					? authentication : null;
		}

		/**
		 * Whether each thread has a security context of its own. A thread of a pool that
		 * inherited one from the thread that started it keeps that user for good.
		 */
		static boolean isOfOneThread() {
			String strategy = SecurityContextHolder.getContextHolderStrategy().getClass().getSimpleName();
			return !strategy.startsWith("Inheritable") && !strategy.startsWith("Global");
		}

	}

	/**
	 * Loaded only where the MCP SDK is present.
	 */
	private static final class Sdk {

		private Sdk() {
		}

		static @Nullable Object user(ContextView context) {
			if (!(context.getOrDefault(McpTransportContext.KEY, null) instanceof McpTransportContext transport)) {
				return null;
			}
			Object authentication = transport.get(Authentication.class.getName());
			return (authentication != null) ? authentication : transport.get(SecurityContext.class.getName());
		}

	}

}
