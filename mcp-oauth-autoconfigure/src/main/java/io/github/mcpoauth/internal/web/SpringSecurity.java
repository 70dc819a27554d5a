// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.security.Principal;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.util.ClassUtils;

/**
 * Reads the user and the form token of a request from Spring Security, where it is on the
 * class path.
 */
final class SpringSecurity {

	private static final boolean PRESENT = ClassUtils.isPresent("org.springframework.security.web.csrf.CsrfToken",
			SpringSecurity.class.getClassLoader());

	private SpringSecurity() {
	}

	/**
	 * The logged-in user.
	 * @param principal the principal of the request, {@code null} if absent
	 * @return the user, {@code null} if absent and for one that is anonymous
	 */
	static @Nullable Principal user(@Nullable Principal principal) {
		return (principal == null || (PRESENT && Present.isAnonymous(principal))) ? null : principal;
	}

	/**
	 * A Reactor context in which a user is found as in one of WebFlux.
	 * @param context the context
	 * @param principal the user
	 * @return the context with the user
	 */
	static Context context(Context context, Principal principal) {
		return PRESENT ? Present.context(context, principal) : context;
	}

	/**
	 * Name of the request attribute that holds the token of a servlet application.
	 */
	static @Nullable String attribute() {
		return PRESENT ? Present.ATTRIBUTE : null;
	}

	/**
	 * Name of the exchange attribute that holds the token of a reactive application.
	 */
	static @Nullable String reactiveAttribute() {
		return PRESENT ? Present.REACTIVE_ATTRIBUTE : null;
	}

	/**
	 * The field that Spring Security needs in every form. Asking for it may create a
	 * session.
	 * @param token the attribute
	 * @return the field, {@code null} if there is no such field
	 */
	static @Nullable FormField field(@Nullable Object token) {
		return (PRESENT && token != null) ? Present.field(token) : null;
	}

	static Mono<FormField> reactiveField(@Nullable Object token) {
		return (PRESENT && token != null) ? Present.reactiveField(token) : Mono.empty();
	}

	/**
	 * Loaded only where it is present.
	 */
	private static final class Present {

		private static final String ATTRIBUTE = CsrfToken.class.getName();

		private static final String REACTIVE_ATTRIBUTE = org.springframework.security.web.server.csrf.CsrfToken.class
			.getName();

		private Present() {
		}

		static Context context(Context context, Principal principal) {
			return (principal instanceof Authentication authentication)
					? context.putAll(ReactiveSecurityContextHolder.withAuthentication(authentication).readOnly())
					: context;
		}

		static boolean isAnonymous(Principal principal) {
			return principal instanceof AnonymousAuthenticationToken
					|| (principal instanceof Authentication authentication && !authentication.isAuthenticated());
		}

		static @Nullable FormField field(Object token) {
			return (token instanceof CsrfToken csrf) ? new FormField(csrf.getParameterName(), csrf.getToken()) : null;
		}

		static Mono<FormField> reactiveField(Object token) {
			return (token instanceof Mono<?> later)
					? later.ofType(org.springframework.security.web.server.csrf.CsrfToken.class)
						.map((csrf) -> new FormField(csrf.getParameterName(), csrf.getToken()))
					: Mono.empty();
		}

	}

}
