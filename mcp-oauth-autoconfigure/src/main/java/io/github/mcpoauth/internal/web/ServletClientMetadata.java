// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.io.IOException;
import java.util.function.Supplier;

import io.github.mcpoauth.internal.client.ClientMetadata;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Serves the client ID metadata document and the public keys of the application in a
 * servlet container. It belongs before Spring Security, because authorization servers
 * have no login.
 */
public final class ServletClientMetadata implements Filter {

	private final ClientMetadataResource resource;

	/**
	 * Create the filter.
	 * @param metadata the client, which must have an address
	 */
	public ServletClientMetadata(Supplier<ClientMetadata> metadata) {
		this.resource = new ClientMetadataResource(metadata);
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		PageAnswer answer = (request instanceof HttpServletRequest http) ? answer(http) : null;
		if (answer == null || !(response instanceof HttpServletResponse http)) {
			chain.doFilter(request, response);
			return;
		}
		http.setStatus(answer.status());
		answer.headers().forEach(http::setHeader);
		http.setContentLength(answer.bytes().length);
		http.getOutputStream().write(answer.bytes());
	}

	private @Nullable PageAnswer answer(HttpServletRequest request) {
		String path = request.getRequestURI().substring(request.getContextPath().length());
		return this.resource.isServed(request.getMethod(), path) ? this.resource.answer(path) : null;
	}

}
