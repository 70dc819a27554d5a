// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Counts requests by where they went and how they were answered.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class Traffic extends OncePerRequestFilter {

	/** Request attribute that holds the OAuth error code of the answer. */
	static final String ERROR_CODE = Traffic.class.getName() + ".errorCode";

	private static final String VERSIONS = "protocol versions";

	private final Map<String, Map<String, LongAdder>> counters = new ConcurrentHashMap<>();

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		try {
			chain.doFilter(request, response);
		}
		finally {
			count(request, response);
		}
	}

	private void count(HttpServletRequest request, HttpServletResponse response) {
		String path = request.getRequestURI();
		if ("/oauth2/token".equals(path)) {
			count("/oauth2/token " + request.getParameter("grant_type"), outcome(request, response));
		}
		else {
			count(path, Integer.toString(response.getStatus()));
			if (ProtectedResource.PATH.equals(path)) {
				count(VERSIONS, Objects.requireNonNullElse(request.getHeader(ModernProtocol.VERSION_HEADER), "none"));
			}
		}
	}

	private void count(String what, String outcome) {
		this.counters.computeIfAbsent(what, (key) -> new ConcurrentHashMap<>())
			.computeIfAbsent(outcome, (key) -> new LongAdder())
			.increment();
	}

	private static String outcome(HttpServletRequest request, HttpServletResponse response) {
		if (response.getStatus() == HttpServletResponse.SC_OK) {
			return "ok";
		}
		Object error = request.getAttribute(ERROR_CODE);
		return (error != null) ? error.toString() : Integer.toString(response.getStatus());
	}

	DemoStats stats() {
		Map<String, Map<String, Long>> tokenRequests = new TreeMap<>();
		this.counters.forEach((what, outcomes) -> {
			if (what.startsWith("/oauth2/token ")) {
				tokenRequests.put(what.substring("/oauth2/token ".length()), read(outcomes));
			}
		});
		return new DemoStats(tokenRequests, read(this.counters.get(ProtectedResource.PATH)),
				read(this.counters.get(VERSIONS)), read(this.counters.get("/oauth2/authorize")),
				read(this.counters.get("/oauth2/register")), read(this.counters.get("/oauth2/revoke")));
	}

	private static Map<String, Long> read(@Nullable Map<String, LongAdder> outcomes) {
		if (outcomes == null) {
			return Map.of();
		}
		return outcomes.entrySet()
			.stream()
			.collect(Collectors.toMap(Map.Entry::getKey, (entry) -> entry.getValue().sum(), Long::sum, TreeMap::new));
	}

}
