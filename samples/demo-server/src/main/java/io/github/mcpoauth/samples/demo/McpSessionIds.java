// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets the MCP server lose its sessions, as a restart does: a request with a lost session
 * is answered 404, after the check of the token.
 */
@Component
final class McpSessionIds extends OncePerRequestFilter {

	private static final String HEADER = "Mcp-Session-Id";

	private final Set<String> known = ConcurrentHashMap.newKeySet();

	private final Set<String> forgotten = ConcurrentHashMap.newKeySet();

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String used = request.getHeader(HEADER);
		if (used != null && this.forgotten.contains(used)) {
			response.setStatus(HttpServletResponse.SC_NOT_FOUND);
			return;
		}
		chain.doFilter(request, response);
		String opened = response.getHeader(HEADER);
		if (opened != null) {
			this.known.add(opened);
		}
	}

	/**
	 * Forget all sessions.
	 * @return how many there were
	 */
	int forget() {
		Set<String> sessions = Set.copyOf(this.known);
		this.forgotten.addAll(sessions);
		this.known.removeAll(sessions);
		return sessions.size();
	}

}
