// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.McpOAuthException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

/**
 * Answers a request with the problem detail of an exception that a controller lets
 * through, in Spring MVC and in WebFlux. Comes after the application's own handlers.
 */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
final class McpOAuthExceptionAdvice {

	private static final Log logger = LogFactory.getLog(McpOAuthExceptionAdvice.class);

	@ExceptionHandler(McpOAuthException.class)
	ErrorResponse handle(McpOAuthException failure) {
		switch (failure.getKind()) {
			// To be mended in the application or its settings
			case PRINCIPAL_REQUIRED, MISCONFIGURED, CONFIGURATION, FAILED -> logger.warn(failure.getMessage());
			default -> logger.debug(failure.getMessage());
		}
		return failure;
	}

}
